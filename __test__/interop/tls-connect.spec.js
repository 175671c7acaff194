'use strict';

/* global cert, connectTo, key, listening, lookupOf, net, once, tls -- given to the programs */

// Connections that TLS makes itself, once rsnet is registered: attempts race, and rsnet's options count.

const { stalled } = require('../helpers/stalled');
const path = require('path');
const { closedPort, describeRsnet, root, spawnNode } = require('../helpers');
const { nodeMajor } = require('../helpers/implementations');
const { ALLOW_NET, permitted } = require('../helpers/permission');
const { modes, runMode } = require('../helpers/registered');
const { canReadOptions } = require('../helpers/socket-option');

const flags = ['-r', path.join(root, 'register.js')];
const testOptions = canReadOptions ? test : test.skip;
/** Sockets of Node 20 have none. */
const testBlockList = nodeMajor >= 22 ? test : test.skip;

const [A, B] = ['127.0.0.1', '127.0.0.2'];

/**
 * `connectTo(port, addresses, options)` gives a TLS socket that looks up these addresses; `seen` has its events, with
 * an error's code.
 */
const PRELUDE = `
  const tls = require('tls');
  const EVENTS = [
    'lookup', 'connectionAttempt', 'connectionAttemptTimeout', 'connectionAttemptFailed', 'connect', 'ready',
    'secureConnect', 'error', 'close',
  ];
  const lookupOf = (addresses) => (host, query, callback) => {
    const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (query.all) setImmediate(callback, null, list);
    else setImmediate(callback, null, list[0].address, list[0].family);
  };
  const connectTo = (port, addresses, options) => {
    const socket = tls.connect({
      port, host: 'localhost', ca: cert, lookup: lookupOf(addresses), autoSelectFamilyAttemptTimeout: 10, ...options,
    });
    socket.seen = [];
    for (const event of EVENTS) {
      socket.on(event, (...args) => socket.seen.push([event, ...args.map((value) => value?.code ?? value)]));
    }
    return socket;
  };
`;

/**
 * @param {string[]} mode flags
 * @param {Function} body as for runMode
 * @param {Array} args of the function, as JSON
 * @param {object} [options] as for runMode
 * @returns {Promise<*>} its result
 */
function run(mode, body, args, options) {
  return runMode(mode, `async (...args) => { ${PRELUDE} return (${body})(...args); }`, { args, ...options });
}

describeRsnet('attempts of TLS, registered', () => {
  test('one without an answer does not hold up the next one', async () => {
    const { port } = await stalled(A);
    const result = await run(flags, async (at, first, second) => {
      const server = tls.createServer({ key, cert }, (socket) => socket.end('hello'));
      await listening(server, at, second);
      const socket = connectTo(at, [first, second]).setEncoding('utf8');
      const written = socket.write('early');
      const [text] = await once(socket, 'data');
      const { remoteAddress, remotePort, connecting, authorized, autoSelectFamilyAttemptedAddresses: tried } = socket;
      await once(socket, 'close');
      server.close();
      return { seen: socket.seen, rest: [written, text, remoteAddress, remotePort, connecting, authorized, tried] };
    }, [port, A, B]);
    expect(result).toEqual({
      seen: [
        ['lookup', null, A, 4, 'localhost'], ['lookup', null, B, 4, 'localhost'],
        ['connectionAttempt', A, port, 4], ['connectionAttemptTimeout', A, port, 4],
        ['connectionAttempt', B, port, 4], ['connect'], ['ready'], ['secureConnect'], ['close', false],
      ],
      rest: [true, 'hello', B, port, false, true, [`${A}:${port}`, `${B}:${port}`]],
    });
  });

  test('the first wins although the second has begun', async () => {
    const there = await stalled(A, B);
    const result = await run(flags, async (at, first, second) => {
      const socket = connectTo(at, [first, second]);
      // The listener is none of TLS.
      socket.on('error', () => {});
      while (socket.seen.at(-1)?.[1] !== second) await once(socket, 'connectionAttempt');
      require('fs').writeSync(3, 'begun');
      await once(socket, 'connect');
      return socket.remoteAddress;
    }, [there.port, A, B], {
      stdio: ['pipe'], onStart: (child) => child.stdio[3].once('data', () => there.open(A)),
    });
    expect(result).toBe(A);
  });

  test('https and fetch', async () => {
    const { port } = await stalled(A);
    const result = await run(flags, async (at, first, second) => {
      const https = require('https');
      const server = https.createServer({ key, cert }, (request, response) => response.end('page'));
      await listening(server, at, second);
      const lookup = lookupOf([first, second]);
      const request = https.get({ port: at, host: 'localhost', ca: cert, agent: false, lookup });
      const [response] = await once(request, 'response');
      const tried = response.socket.autoSelectFamilyAttemptedAddresses.length;
      response.resume();
      await once(request, 'close');
      // Global fetch has no lookup of its own.
      require('dns').lookup = lookup;
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      process.removeAllListeners('warning');
      const text = await (await fetch(`https://localhost:${at}`)).text();
      server.close();
      server.closeAllConnections();
      return [tried, text];
    }, [port, A, B]);
    expect(result).toEqual([2, 'page']);
  });

  test.each(['destroy', 'unref'])('%s() in the middle', async (method) => {
    const there = await stalled(A, B);
    const result = await spawnNode('net', `
      const cert = undefined;
      ${PRELUDE}
      const socket = connectTo(${there.port}, ['${A}', '${B}']);
      socket.on('connectionAttempt', (address) => {
        if (address !== '${B}') return;
        setImmediate(() => {
          socket.${method}();
          require('fs').writeSync(3, 'done');
        });
      });
      process.on('exit', () => console.log(JSON.stringify(socket.seen.slice(2).map(([event]) => event))));
    `, { flags, stdio: ['pipe'], onStart: (child) => child.stdio[3].once('data', () => there.open(A)) });
    const seen = ['connectionAttempt', 'connectionAttemptTimeout', 'connectionAttempt'];
    const last = { destroy: ['connectionAttemptFailed', 'close'], unref: ['connect', 'ready'] }[method];
    expect(result).toMatchObject({ stderr: '', code: 0 });
    const events = JSON.parse(result.stdout);
    // The peer gives TLS its own hello back, which may come before the process ends.
    if (method === 'unref') events.splice(seen.length + last.length);
    expect(events).toEqual([...seen, ...last]);
  });
});

describe.each(modes)('%s: addresses of TLS', (_name, mode) => {
  test('one that refuses is followed by the next', async () => {
    const result = await run(mode, async (first, second) => {
      const server = tls.createServer({ key, cert }, (socket) => socket.end());
      const port = await listening(server, 0, second);
      const socket = connectTo(port, [first, second]).resume();
      await once(socket, 'close');
      server.close();
      const told = JSON.stringify(socket.seen).replaceAll(String(port), '"port"');
      return { seen: JSON.parse(told), count: socket.autoSelectFamilyAttemptedAddresses.length };
    }, [A, B]);
    expect(result).toEqual({
      seen: [
        ['lookup', null, A, 4, 'localhost'], ['lookup', null, B, 4, 'localhost'],
        ['connectionAttempt', A, 'port', 4], ['connectionAttemptFailed', A, 'port', 4, 'ECONNREFUSED'],
        ['connectionAttempt', B, 'port', 4], ['connect'], ['ready'], ['secureConnect'], ['close', false],
      ],
      count: 2,
    });
  });

  test('all of which refuse', async () => {
    const port = await closedPort(A);
    const result = await run(mode, async (at, first, second) => {
      const socket = connectTo(at, [first, second, first]);
      const [error] = await once(socket, 'error');
      await once(socket, 'close');
      return { seen: socket.seen, name: error.constructor.name, codes: error.errors.map(({ code }) => code) };
    }, [port, A, B]);
    expect(result).toEqual({
      seen: [
        ...[A, B, A].map((address) => ['lookup', null, address, 4, 'localhost']),
        ...[A, B].flatMap((address) => [
          ['connectionAttempt', address, port, 4], ['connectionAttemptFailed', address, port, 4, 'ECONNREFUSED'],
        ]),
        ['error', 'ECONNREFUSED'], ['close', true],
      ],
      name: 'AggregateError', codes: ['ECONNREFUSED', 'ECONNREFUSED'],
    });
  });
});

describeRsnet('connects of TLS, registered, as on the built-in', () => {
  /**
   * @param {Function} body as for `run`
   * @param {Array} args
   * @returns {Promise<*>} its result, which is the same on both
   */
  async function same(body, args) {
    const [expected, found] = await Promise.all([[], flags].map((mode) => run(mode, body, args)));
    expect(found).toEqual(expected);
    return found;
  }

  test('a signal that was aborted before', async () => {
    const found = await same(async (first, second) => {
      const socket = connectTo(1, [first, second], { signal: AbortSignal.abort() });
      await new Promise((resolve) => { process.once('beforeExit', resolve); });
      return socket.seen.map(([event, value]) => [event, typeof value === 'string' ? value : null]);
    }, [A, B]);
    expect(found.map(([event]) => event)).not.toContain('connectionAttempt');
  });

  test.each(['destroy', 'resume'])('%s() in a listener of \'lookup\'', async (method) => {
    const port = await closedPort(A);
    const found = await same(async (name, at, first, second) => {
      const socket = connectTo(at, ['x', first, second, first]);
      socket.on('lookup', () => socket[name]()).on('error', () => {});
      await new Promise((resolve) => { socket.on('close', resolve); });
      return socket.seen;
    }, [method, port, A, B]);
    expect(found.filter(([event]) => event === 'lookup').length).toBe(method === 'destroy' ? 1 : 4);
  });

  test('connect() again in the middle, and a lookup that calls back twice', async () => {
    const { port } = await stalled(A, B);
    const found = await same(async (at, first, second) => {
      const again = connectTo(at, [first, second], { autoSelectFamilyAttemptTimeout: 100_000 });
      await once(again, 'connectionAttempt');
      again.connect({ port: at, host: first });
      await new Promise((resolve) => { again.on('close', resolve).on('error', () => {}); });
      const list = [first, second].map((address) => ({ address, family: 4 }));
      const lookup = (host, query, callback) => {
        callback(null, list.slice(0, 1));
        callback(null, list.slice(0, 1));
      };
      const twice = connectTo(at, [], { lookup });
      await new Promise((resolve) => { twice.on('close', resolve).on('error', () => {}); });
      return [again, twice].map(({ seen }) => seen.filter(([event]) => event === 'error' || event === 'close'));
    }, [port, A, B]);
    expect(found).toEqual([0, 1].map(() => [['error', 'EALREADY'], ['close', true]]));
  });

  test('connect() of a connected one', async () => {
    await same(async (first) => {
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, first);
      const socket = connectTo(port, [first]);
      await once(socket, 'secureConnect');
      socket.seen = [];
      socket.connect({ port, host: 'localhost', lookup: lookupOf([first, first]) }).on('error', () => {});
      await Promise.race(['connect', 'close'].map((event) => new Promise((resolve) => { socket.on(event, resolve); })));
      server.close();
      socket.destroy();
      return socket.seen.map(([event]) => event);
    }, [A]);
  });

  test('the performance entry, and what process lists', async () => {
    const found = await same(async (first, second) => {
      const { PerformanceObserver } = require('perf_hooks');
      const entries = [];
      new PerformanceObserver((list) => {
        entries.push(...list.getEntries().map(({ name, detail }) => [name, detail.host]));
      }).observe({ type: 'net' });
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, second);
      const socket = connectTo(port, [first, second]);
      await once(socket, 'connectionAttempt');
      const listed = process._getActiveHandles().filter((each) => each instanceof net.Socket && each.connecting);
      await once(socket, 'secureConnect');
      await new Promise(setImmediate);
      server.close();
      socket.destroy();
      return { entries, listed: listed.map((each) => each === socket) };
    }, [A, B]);
    expect(found).toEqual({ entries: [['connect', B]], listed: [true] });
  });

  test('methods of net.Socket that a program wraps see the TLSSocket alone', async () => {
    const found = await same(async (first, second) => {
      const seen = [];
      for (const name of ['connect', 'destroy', 'emit', 'pause']) {
        const { [name]: method } = net.Socket.prototype;
        net.Socket.prototype[name] = function wrapper(...args) {
          if (name !== 'emit' || args[0].startsWith('connect')) seen.push([name, this.constructor.name]);
          return Reflect.apply(method, this, args);
        };
      }
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, second);
      seen.length = 0;
      const socket = connectTo(port, [first, second]);
      await once(socket, 'connect');
      server.close();
      const calls = seen.filter(([, owner]) => owner !== 'Server');
      socket.destroy();
      return calls;
    }, [A, B]);
    expect(found).toContainEqual(['connect', 'TLSSocket']);
  });

  test('ten listeners of \'lookup\'', async () => {
    await same(async (first, second) => {
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, second);
      const socket = connectTo(port, [first, second]);
      let count = 0;
      for (let i = 0; i < 9; i++) socket.on('lookup', () => { count++; });
      await once(socket, 'connect');
      server.close();
      socket.destroy();
      return [count, Object.hasOwn(socket, 'emit')];
    }, [A, B]);
  });

  test('options that were inherited', async () => {
    await same(async (first, second) => {
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, second);
      const socket = new tls.TLSSocket();
      socket.connect(Object.create({ port, host: 'localhost', lookup: lookupOf([first, second]) }));
      await once(socket, 'connect');
      server.close();
      socket.destroy();
    }, [A, B]);
  });
});

describeRsnet('rsnet\'s options of TLS, registered', () => {
  test('connectTimeout, of tls and https', async () => {
    expect(await run(flags, async () => {
      const options = { port: 1, host: 'a.invalid', lookup() {}, connectTimeout: 20, agent: false };
      setTimeout(() => {}, 5000).unref();
      const keep = setInterval(() => {}, 1000);
      const emitters = [tls.connect(options), require('https').get(options)];
      const errors = await Promise.all(emitters.map((emitter) => new Promise((resolve) => {
        emitter.on('error', resolve);
      })));
      clearInterval(keep);
      let thrown;
      try {
        tls.connect({ ...options, connectTimeout: 'x' });
      } catch (error) {
        thrown = error;
      }
      return [...errors, thrown].map(({ code }) => code);
    }, [])).toEqual(['ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_INVALID_ARG_TYPE']);
  });

  test('a lookup that finds nothing, which ends the process of the built-in', async () => {
    expect(await run(flags, async () => {
      const socket = connectTo(1, []);
      const [error] = await once(socket, 'error');
      return error.code;
    }, [])).toBe('ERR_INVALID_IP_ADDRESS');
  });

  test('autoSelectFamily: \'sequential\'', async () => {
    const { port } = await stalled(A);
    const result = await run(flags, async (at, first, second) => {
      const server = tls.createServer({ key, cert }, (socket) => socket.end('hello'));
      await listening(server, at, second);
      const socket = connectTo(at, [first, second], { autoSelectFamily: 'sequential' }).resume();
      await once(socket, 'close');
      server.close();
      return socket.seen.map(([event, value]) => [event, value]).slice(2);
    }, [port, A, B]);
    const events = result.map(([event]) => event);
    expect(events.filter((event) => event !== 'connectionAttemptFailed')).toEqual([
      'connectionAttempt', 'connectionAttemptTimeout', 'connectionAttempt',
      'connect', 'ready', 'secureConnect', 'close',
    ]);
  });

  testOptions.each(['name', 'address'])('options of the kernel and a PROXY header, by %s', async (by) => {
    const helper = path.join(__dirname, '..', 'helpers', 'socket-option.js');
    const result = await run(flags, async (file, isName, address) => {
      const server = tls.createServer({ key, cert, proxyProtocol: true }, (socket) => socket.end('hello'));
      const port = await listening(server, 0, address);
      let header;
      server.on('connection', (socket) => { header = socket.proxy; });
      const options = {
        userTimeout: 4321, proxyProtocol: { source: { address: '10.1.2.3', port: 5 } }, localAddress: '127.0.0.5',
      };
      const where = isName ? {} : { host: address, checkServerIdentity() {} };
      const socket = connectTo(port, [address], { ...options, ...where }).resume();
      await once(socket, 'secureConnect');
      const value = require(file).socketOptions({ _handle: socket._handle._parent }, 'TCP_USER_TIMEOUT');
      await once(socket, 'close');
      server.close();
      const { source, peer } = header;
      return { value, ends: [source.address, peer.address], events: socket.seen.map(([event]) => event) };
    }, [helper, by === 'name', B]);
    expect(result).toMatchObject({ value: [4321], ends: ['10.1.2.3', '127.0.0.5'] });
    const events = ['connectionAttempt', 'connect', 'ready', 'secureConnect', 'close'];
    expect(result.events).toEqual(by === 'name' ? ['lookup', ...events] : events);
  });

  test('an option of the kernel that is refused', async () => {
    expect(await run(flags, async (address) => {
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, address);
      const socket = connectTo(port, [address], { congestionControl: 'none-such' });
      const [error] = await once(socket, 'error');
      await once(socket, 'close');
      server.close();
      const thrown = [];
      for (const options of [{ userTimeout: 'x' }, { mark: 1, localAddress: 'x' }, { seqpacket: true }]) {
        try {
          connectTo(port, [address], options);
        } catch ({ code }) {
          thrown.push(code);
        }
      }
      return [error.code, error.syscall, ...thrown];
    }, [A])).toEqual([
      'ENOENT', 'setCongestionControl', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_IP_ADDRESS', 'ERR_INVALID_HANDLE_TYPE',
    ]);
  });

  testBlockList('an address that is blocked is left out', async () => {
    expect(await run(flags, async (first, second) => {
      const { BlockList } = require('net');
      const server = tls.createServer({ key, cert });
      const port = await listening(server, 0, second);
      const blockList = new BlockList();
      blockList.addAddress(first);
      // TLS does not pass the option on.
      const socket = Object.assign(connectTo(port, [first, second], { userTimeout: 1000 }), { blockList });
      await once(socket, 'connect');
      const { remoteAddress } = socket;
      server.close();
      socket.destroy();
      blockList.addAddress(second);
      const other = Object.assign(connectTo(port, [first, second], { userTimeout: 1000 }), { blockList });
      const [error] = await once(other, 'error');
      return [remoteAddress, error.errors.map(({ code }) => code)];
    }, [A, B])).toEqual([B, ['ERR_IP_BLOCKED', 'ERR_IP_BLOCKED']]);
  });

  test('an option that cannot be had, under the permission model', async () => {
    const registered = ['registered', 'net', flags];
    expect(await permitted(registered, ALLOW_NET, (tell) => {
      const { connect } = require('tls');
      const lookup = (host, query, callback) => callback(new Error('none'));
      const options = { port: 1, host: 'a.invalid', lookup };
      connect(options).on('error', ({ message }) => tell(message));
      try {
        connect({ ...options, userTimeout: 1000 });
      } catch ({ code, message }) {
        tell(code, message.includes('userTimeout'));
      }
    })).toEqual([['ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', true], ['none']]);
  });
});
