'use strict';

/* global net -- given by spawnNode to the code of a child */

const builtin = require('net');
const { implementations, once, spawnNode } = require('../helpers');

/**
 * States of sockets and servers, and whether they keep a process alive.
 *
 * Each runs in a process of its own. `arm()` is called when the state is reached; from then on the process either
 * ends by itself ('exit') or is still there after some turns of timers that do not hold it ('alive'). `note`
 * records. The peers live in the test: `hold` never reads or writes, `speak` sends 1 MiB at once, `finish` ends
 * its side at once and never reads; each leaves its own side open.
 *
 * @type {Array<[string, string, Function]>} title, outcome, what the process does
 */
const STATES = [
  ['nothing but the module', 'exit', ({ arm }) => arm()],
  ['a server that does not listen', 'exit', ({ arm }) => { net.createServer(); arm(); }],
  ['a socket that is not connected', 'exit', ({ arm }) => { new net.Socket(); arm(); }],
  ['listening', 'alive', ({ arm }) => net.createServer().listen(0, '127.0.0.1', arm)],
  ['listening, unref\'d', 'exit', ({ arm }) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => { server.unref(); arm(); });
  }],
  ['unref\'d, then listening', 'exit', ({ arm }) => net.createServer().unref().listen(0, '127.0.0.1', arm)],
  ['unref\'d in the tick of listen', 'listening exit', ({ arm, note }) => {
    net.createServer().listen(0, '127.0.0.1', () => note('listening')).unref();
    arm();
  }],
  ['unref\'d and ref\'d', 'alive', ({ arm }) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => { server.unref(); server.ref(); arm(); });
  }],
  ['a server closed again', 'close exit', ({ arm, note }) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => { server.close(() => note('close')); arm(); });
  }],
  ['a connection that nobody reads', 'alive', ({ arm, hold }) => net.connect(hold, arm)],
  ['a connection that is read', 'alive', ({ arm, hold }) => net.connect(hold, arm).resume()],
  ['a connection paused before it connected', 'exit', ({ arm, hold }) => net.connect(hold, arm).pause()],
  ['a connection over a Unix path', 'alive', ({ arm, path }) => net.connect(path, arm)],
  ['a connection over a Unix path, unref\'d', 'exit', ({ arm, path }) => {
    const client = net.connect(path, () => { client.unref(); arm(); });
  }],
  ['a connection, unref\'d', 'exit', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.unref(); arm(); });
  }],
  ['a connection, unref\'d while connecting', 'connect exit', ({ arm, hold, note }) => {
    net.connect(hold, () => note('connect')).unref();
    arm();
  }],
  ['a connection, unref\'d and ref\'d', 'alive', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.unref(); client.ref(); arm(); });
  }],
  ['an unref\'d connection with a timeout', 'exit', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.setTimeout(60000); client.unref(); arm(); });
  }],
  ['a write that the peer does not take', 'alive', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.write(Buffer.alloc(64 << 20)); arm(); });
  }],
  ['a write that the peer does not take, unref\'d', 'alive', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.write(Buffer.alloc(64 << 20)); client.unref(); arm(); });
  }],
  ['a write that the peer does not take, destroyed', 'close exit', ({ arm, hold, note }) => {
    const client = net.connect(hold, () => { client.write(Buffer.alloc(64 << 20)); client.destroy(); arm(); });
    client.on('close', () => note('close'));
  }],
  ['a write and end that the peer does not take, unref\'d', 'alive', ({ arm, hold }) => {
    const client = net.connect(hold, () => { client.end(Buffer.alloc(64 << 20)); client.unref(); arm(); });
  }],
  ['our side ended, the peer\'s open', 'finish alive', ({ arm, hold, note }) => {
    net.connect(hold).end().on('finish', () => { note('finish'); arm(); });
  }],
  ['our side ended, the peer\'s open, unref\'d', 'finish exit', ({ arm, hold, note }) => {
    const client = net.connect(hold).end().on('finish', () => { note('finish'); client.unref(); arm(); });
  }],
  ['the peer ended, ours half-open', 'end exit', ({ arm, finish, note }) => {
    net.connect({ ...finish, allowHalfOpen: true }).resume().on('end', () => { note('end'); arm(); });
  }],
  ['the peer ended and ours follows', 'end close exit', ({ arm, finish, note }) => {
    net.connect(finish).resume().on('end', () => note('end')).on('close', () => { note('close'); arm(); });
  }],
  ['paused in the middle of what the peer sends', 'exit', ({ arm, speak }) => {
    const client = net.connect(speak).once('data', () => {
      client.pause();
      // Reading goes on until the buffer is full; then nothing is read any more.
      const full = () => {
        if (client.readableLength >= client.readableHighWaterMark) arm();
        else setImmediate(full);
      };
      full();
    });
  }],
  ['destroyed in the tick of connect', 'close exit', ({ arm, hold, note }) => {
    net.connect(hold).on('close', () => note('close')).destroy();
    arm();
  }],
  ['destroyed when connected', 'close exit', ({ arm, hold, note }) => {
    const client = net.connect(hold, () => { client.destroy(); arm(); }).on('close', () => note('close'));
  }],
  ['reset', 'close exit', ({ arm, hold, note }) => {
    const client = net.connect(hold, () => { client.resetAndDestroy(); arm(); }).on('close', () => note('close'));
  }],
  ['only the accepted side', 'alive', ({ arm }) => {
    const server = net.createServer((peer) => { peer.resume(); arm(); }).unref();
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').unref());
  }],
  ['only the accepted side, paused on connect', 'exit', ({ arm }) => {
    const server = net.createServer({ pauseOnConnect: true }, arm).unref();
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').unref());
  }],
  ['only the accepted side, unref\'d', 'exit', ({ arm }) => {
    const server = net.createServer((peer) => { peer.unref(); arm(); }).unref();
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').unref());
  }],
  ['a closed server with a connection', 'alive', ({ arm }) => {
    const server = net.createServer((peer) => { peer.resume(); server.close(); arm(); });
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1'));
  }],
  ['a user\'s buffer for reading, paused', 'exit', ({ arm, speak }) => {
    net.connect({ ...speak, onread: { buffer: Buffer.alloc(1024), callback: () => { arm(); return false; } } });
  }],
  ['an address that refuses', 'ECONNREFUSED close exit', ({ arm, note, refuse }) => {
    net.connect(refuse).on('error', ({ code }) => note(code)).on('close', () => note('close'));
    arm();
  }],
];

/**
 * What runs in the process: finds `net`, `STATE` and `WHERE`.
 */
const RUN = `
  const notes = [];
  const note = (what) => notes.push(what);
  let outcome = 'exit';
  const arm = () => {
    let turns = 4;
    const turn = () => {
      if (--turns > 0) return void setTimeout(turn, 25).unref();
      outcome = 'alive';
      process.exit();
    };
    setTimeout(turn, 25).unref();
  };
  process.on('exit', () => console.log([...notes, outcome].join(' ')));
  STATE({ arm, note, ...WHERE });
`;

describe.each(implementations)('%s keeps a process alive', (name) => {
  const servers = [];
  const peers = new Set();
  const outcomes = new Map();

  /**
   * A server whose connections stay as they are until the end.
   *
   * @param {(socket: import('net').Socket) => void} [onConnection]
   * @param {string} [where] a Unix path
   * @returns {Promise<object>} for `connect`
   */
  async function peer(onConnection = () => {}, where) {
    const server = builtin.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      peers.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    server.listen(where || { port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    servers.push(server);
    return where ? { path: where } : { host: '127.0.0.1', port: server.address().port };
  }

  beforeAll(async () => {
    const hold = await peer();
    const client = builtin.connect({ ...hold, localAddress: '127.0.0.1' });
    await once(client, 'connect');
    peers.add(client);
    const where = {
      hold,
      finish: await peer((socket) => socket.end()),
      path: await peer(undefined, `\0rsnet-spec-exit-${process.pid}-${name}`),
      // A port that is bound by a client, so that nobody listens on it.
      refuse: { host: '127.0.0.1', port: client.localPort },
      speak: await peer((socket) => socket.write(Buffer.alloc(1 << 20))),
    };
    const queue = [...STATES];
    const run = async () => {
      for (let state = queue.shift(); state; state = queue.shift()) {
        const source = `const STATE = ${state[2]}; const WHERE = ${JSON.stringify(where)}; ${RUN}`;
        outcomes.set(state[0], await spawnNode(name, source));
      }
    };
    await Promise.all([run(), run(), run()]);
  }, 120000);

  afterAll(async () => {
    for (const socket of peers) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  test.each(STATES.map(([title, outcome]) => [title, outcome]))('%s: %s', (title, outcome) => {
    const { stdout, stderr, code, timedOut } = outcomes.get(title);
    expect({ stderr, timedOut }).toEqual({ stderr: '', timedOut: false });
    expect(stdout).toBe(`${outcome}\n`);
    expect(code).toBe(0);
  });
});
