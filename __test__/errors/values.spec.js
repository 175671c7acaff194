'use strict';

// Every kind of value in every place where the API takes one: the error, or what comes of it, is the built-in's.

const { traceTest } = require('../helpers');

class Foo {}

/** Values of all kinds; none of them connects to or listens on anything. */
const values = {
  'undefined': undefined, 'null': null, 'true': true, 'false': false, '0': 0, '-0': -0, '-1': -1, '1.5': 1.5,
  'NaN': NaN, 'Infinity': Infinity, '65536': 65536, '2 ** 40': 2 ** 40, '10n': 10n, '-1n': -1n, 'empty': '',
  'a space': ' ', 'digits and letters': '80x', 'a negative in words': '-1',
  'a symbol': Symbol('s'),
  'a function': () => {}, 'an array': [], 'a full array': [1, 'a'], 'an object': {},
  'without prototype': Object.create(null),
  'a date': new Date(0), 'a pattern': /x/, 'a Buffer': Buffer.from('a'), 'a Uint8Array': new Uint8Array(2),
  'a Uint16Array': new Uint16Array(2), 'a DataView': new DataView(new ArrayBuffer(2)), 'a map': new Map(),
  'an error': new Error('e'), 'a boxed number': Object(5), 'a boxed string': Object('x'), 'an instance': new Foo(),
  'a proxy': new Proxy({}, {}),
};

/** A delay of this length gives a warning, which socket-timeout.spec.js has in a process of its own. */
const TOO_LONG = 2 ** 40;

/**
 * Calls with each value.
 *
 * @param {object} t trace
 * @param {string} label
 * @param {function(*): *} call gives what is worth recording
 */
function forEachValue(t, label, call) {
  const isDelay = /timeout$/i.test(label);
  for (const [name, value] of Object.entries(values)) {
    if (isDelay && value === TOO_LONG) continue;
    t.call(label, name, () => call(value));
  }
}

/**
 * @param {import('net').Socket} socket that is not used any more
 * @returns {string}
 */
function given(socket) {
  socket.on('error', () => {});
  socket.destroy();
  return 'a socket';
}

traceTest('options of the constructors', (t) => {
  forEachValue(t, 'createServer', (value) => typeof t.net.createServer(value));
  forEachValue(t, 'createServer, listener', (value) => t.net.createServer({}, value).listenerCount('connection'));
  for (const key of ['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive', 'keepAliveInitialDelay',
    'highWaterMark']) {
    forEachValue(t, `server ${key}`, (value) => t.net.createServer({ [key]: value })[key]);
  }
  for (const key of ['allowHalfOpen', 'readable', 'writable', 'signal', 'onread', 'highWaterMark', 'objectMode',
    'readableObjectMode', 'writableObjectMode', 'readableHighWaterMark', 'keepAliveInitialDelay', 'noDelay',
    'encoding', 'defaultEncoding', 'captureRejections']) {
    forEachValue(t, `socket ${key}`, (value) => given(new t.net.Socket({ [key]: value })));
  }
});

traceTest('options of listen', (t) => {
  for (const key of ['path', 'signal']) {
    forEachValue(t, key, (value) => {
      const server = t.net.createServer().on('error', () => {});
      if (typeof value === 'string' && value !== '') return 'another test';
      server.listen({ [key]: value });
      server.close();
      return 'no error';
    });
  }
  forEachValue(t, 'backlog', (value) => {
    const server = t.net.createServer().on('error', () => {});
    try {
      server.listen({ port: 0, backlog: value });
    } finally {
      server.close();
    }
    return 'no error';
  });
  // What can be a port or a path is not listened on here.
  for (const at of ['the argument', 'port']) {
    forEachValue(t, at, (value) => {
      const server = t.net.createServer().on('error', () => {});
      if (['string', 'function', 'undefined'].includes(typeof value) || value === null) return 'another test';
      server.listen(at === 'port' ? { port: value } : value);
      server.close();
      return 'no error';
    });
  }
});

traceTest('options of connect', (t) => {
  for (const key of ['port', 'path', 'localAddress', 'localPort', 'lookup', 'autoSelectFamily', 'keepAliveInitialDelay',
    'autoSelectFamilyAttemptTimeout', 'timeout']) {
    forEachValue(t, `net.connect, ${key}`, (value) => {
      return given(t.net.connect({ port: 1, host: '127.0.0.1', [key]: value }));
    });
    forEachValue(t, `socket.connect, ${key}`, (value) => {
      return given(new t.net.Socket().connect({ port: 1, host: '127.0.0.1', [key]: value }));
    });
  }
  forEachValue(t, 'arguments', (value) => given(t.net.connect(value)));
  forEachValue(t, '_normalizeArgs', (value) => {
    const [options, callback] = t.net._normalizeArgs(value);
    return [Object.keys(options), typeof callback];
  });
});

traceTest('arguments of methods', (t) => {
  for (const name of ['setTimeout', 'setNoDelay', 'setEncoding', 'write', 'end', 'destroy', 'read',
    'setDefaultEncoding', 'ref', 'unref', 'pause', 'resume']) {
    forEachValue(t, name, (value) => {
      const socket = new t.net.Socket().on('error', () => {});
      try {
        return socket[name](value) === socket;
      } finally {
        socket.destroy();
      }
    });
  }
  forEachValue(t, 'setKeepAlive', (value) => {
    const socket = new t.net.Socket();
    return socket.setKeepAlive(true, value) === socket;
  });
  forEachValue(t, 'setTimeout, callback', (value) => {
    const socket = new t.net.Socket();
    try {
      return socket.setTimeout(1000, value) === socket;
    } finally {
      socket.destroy();
    }
  });
});
