'use strict';

/* global net -- given to the code of a child */

// What a program sees that lists, copies or prints sockets, servers and their handles.

const { inspect } = require('util');
const { markAsUncloneable } = require('worker_threads');
const {
  closed, describeRsnet, implementations, once, pair, spawnNode, tempPath, thrownBy, traceTest, track,
} = require('../helpers');

/**
 * @param {object} object
 * @returns {object} its keys, by each way to get them
 */
function listing(object) {
  const names = [];
  for (const name in object) names.push(name);
  return {
    keys: Object.keys(object),
    symbols: Object.getOwnPropertySymbols(object).map(String),
    names,
    copied: Object.keys({ ...object }),
  };
}

/**
 * @param {object} object
 * @returns {string} what `inspect` prints, without numbers (ports, ids, times) and paths
 */
function printed(object) {
  return inspect(object, { depth: 2, sorted: true }).replaceAll(/-?\d+/g, 'N').replaceAll(/'[^']*\/[^']*'/g, 'PATH');
}

for (const [kind, place] of [['TCP', () => ({})], ['Unix', () => ({ listen: tempPath() })]]) {
  describe(kind, () => {
    traceTest('keys and JSON of a client in each phase', async (t) => {
      const server = await t.listen(place(), (peer) => peer.pause());
      const socket = track(new t.net.Socket());
      const note = (phase) => t.note(phase, listing(socket), Object.keys(JSON.parse(JSON.stringify(socket))));
      note('fresh');
      socket.connect(server.at);
      note('connecting');
      await once(socket, 'ready');
      note('connected');
      socket.write(Buffer.alloc(8 << 20));
      socket.write('behind it');
      note('with a write under way');
      socket.destroy();
      note('destroyed');
      await closed(socket);
      note('closed');
    });

    traceTest('keys and JSON of a server and of what it accepts', async (t) => {
      const fresh = track(t.net.createServer());
      t.note('fresh', listing(fresh), Object.keys(JSON.parse(JSON.stringify(fresh))));
      const server = await t.listen(place());
      // What `listen` of the helpers adds.
      delete server.at;
      t.note('listening', listing(server));
      const client = track(t.net.connect(server.address().port ?? server.address(), '127.0.0.1'));
      const [peer] = await once(server, 'connection');
      t.note('accepted', listing(peer));
      client.destroy();
      peer.destroy();
    });
  });
}

for (const [kind, place] of [['TCP', () => ({})], ['Unix', () => ({ listen: tempPath() })]]) {
  traceTest(`what inspect prints, ${kind}`, async (t) => {
    const note = (phase, ...objects) => t.note(phase, ...objects.map((object) => printed(object)));
    const accepted = [];
    const server = await t.listen(place(), (peer) => accepted.push(peer.resume()));
    const socket = track(new t.net.Socket());
    note('fresh', socket, t.net.Socket.prototype, t.net.Server.prototype);
    socket.setTimeout(60000);
    note('with an idle timer', socket);
    socket.connect(server.at);
    note('connecting', socket);
    await once(socket, 'ready');
    note('connected', socket, server, ...accepted);
    socket.destroy();
    await closed(socket);
    note('closed', socket);
  });
}

traceTest('a socket that connects again', async (t) => {
  const server = await t.listen((peer) => peer.end());
  const socket = track(t.net.connect(server.at));
  socket.resume();
  await once(socket, 'close');
  t.note('closed', Object.keys(socket));
  socket.connect(server.at);
  t.note('connecting', Object.keys(socket));
  await once(socket, 'connect');
  t.note('connected', Object.keys(socket), socket._sockname);
});

describe.each(implementations)('%s: a handle', (name, net) => {
  test('shows nothing of what carries its async context', async () => {
    const { client } = await pair(net);
    expect(inspect(client._handle, { depth: 0, showHidden: true })).not.toContain('context_frame');
  });

  const canMark = typeof markAsUncloneable === 'function';
  (canMark || name === 'net' ? test : test.skip)('cannot be cloned', async () => {
    const { client } = await pair(net);
    expect(thrownBy(() => structuredClone(client._handle))).toMatchObject({ name: 'DataCloneError' });
  });
});

describeRsnet('inspect', () => {
  // In a process of its own, since jest's context would be printed with each handle.
  test.each([['TCP'], ['Unix']])('shows of sockets, servers and handles what the built-in shows (%s)', async (kind) => {
    const outputs = [];
    for (const name of ['net', 'rsnet']) {
      const { stdout, stderr } = await spawnNode(name, () => {
        const util = require('util');
        const events = require('events');
        const [path] = process.argv.slice(1);
        const print = (what, object) => {
          const text = util.inspect(object, { depth: 4 })
            .replace(/(async_id_symbol\)\]?): -?\d+/g, '$1: N').replaceAll(path ?? ' none', 'PATH');
          console.log(what, text);
        };
        const run = async () => {
          print('fresh', new net.Socket());
          const server = net.createServer().listen(...(path ? [path] : [0, '127.0.0.1']));
          await events.once(server, 'listening');
          const client = net.connect(path ?? server.address().port, '127.0.0.1');
          const [[peer]] = await Promise.all([
            events.once(server, 'connection'), events.once(client, 'ready'),
          ]);
          for (const [what, object] of Object.entries({ client, peer, server })) {
            print(what, object);
            print(`${what}'s handle`, object._handle);
          }
          client.destroy();
          peer.destroy();
          server.close();
        };
        run();
      }, { args: kind === 'Unix' ? [tempPath()] : [] });
      expect(stderr).toBe('');
      outputs.push(stdout.split('\n'));
    }
    expect(outputs[1]).toEqual(outputs[0]);
  });
});

describe.each(implementations)('%s: printing a handle', (_name, net) => {
  test('again shows what has changed, and circles are closed at any depth', async () => {
    const { client } = await pair(net);
    const handle = client._handle;
    expect(inspect(handle, { depth: Infinity })).toContain('[Circular *1]');
    handle.note = 'mine';
    expect(inspect(handle)).toContain('note: \'mine\'');
    delete handle.note;
    expect(inspect(handle)).not.toContain('note');
  });

  test('several times, with a property that is not configurable, as TLS makes them', async () => {
    const { client } = await pair(net);
    Object.defineProperty(client._handle, 'own', { value: 1, enumerable: true });
    expect(inspect(client._handle)).toContain('own: 1');
    expect(inspect(client._handle)).toContain('own: 1');
  });
});

describe.each(implementations)('%s: socket._handle', (_name, net) => {
  test('is an accessor of the prototype that can be set', () => {
    const socket = track(new net.Socket());
    expect(Object.hasOwn(socket, '_handle')).toBe(false);
    const { get, set } = Object.getOwnPropertyDescriptor(net.Socket.prototype, '_handle');
    expect([typeof get, typeof set]).toEqual(['function', 'function']);
    const handle = { close() {} };
    socket._handle = handle;
    expect(socket._handle).toBe(handle);
    expect({ ...socket }._handle).toBeUndefined();
    socket._handle = null;
  });
});
