'use strict';

const asyncHooks = require('async_hooks');
const { closed, implementations, listen, once, pair, tempPath, traceTest, track } = require('../helpers');

/** What the built-in's resources are called. */
const TYPES = new Set(['TCPWRAP', 'TCPSERVERWRAP', 'TCPCONNECTWRAP', 'PIPEWRAP', 'PIPESERVERWRAP', 'PIPECONNECTWRAP']);

/**
 * Collect the async resources of `net` that are made while a function runs.
 *
 * @param {(resources: Map<number, {type: string, trigger: number, events: string[]}>) => Promise<void>} body
 * @returns {Promise<Map<number, {type: string, trigger: number, events: string[]}>>} by async id
 */
async function hooked(body) {
  const resources = new Map();
  const hook = asyncHooks.createHook({
    init(id, type, trigger) {
      if (TYPES.has(type)) resources.set(id, { type, trigger, events: [] });
    },
    before(id) {
      if (resources.has(id)) resources.get(id).events.push('before');
    },
    after(id) {
      if (resources.has(id)) resources.get(id).events.push('after');
    },
    destroy(id) {
      if (resources.has(id)) resources.get(id).events.push('destroy');
    },
  }).enable();
  try {
    await body(resources);
  } finally {
    hook.disable();
  }
  return resources;
}

describe.each(implementations)('%s async_hooks', (_name, net) => {
  test('listeners run in the context of their handle', async () => {
    const ids = {};
    await hooked(async () => {
      const server = await listen(net, (peer) => {
        ids.connection = [asyncHooks.executionAsyncId(), server._handle.getAsyncId()];
        peer.once('data', () => {
          ids.peerData = [asyncHooks.executionAsyncId(), peer._handle.getAsyncId()];
          peer.end('reply');
        });
      });
      const client = track(net.connect(server.at));
      client.once('data', () => {
        ids.clientData = [asyncHooks.executionAsyncId(), client._handle.getAsyncId()];
      });
      client.end('request');
      await closed(client);
    });
    for (const [execution, handle] of Object.values(ids)) expect(execution).toBe(handle);
    expect(Object.keys(ids).sort()).toEqual(['clientData', 'connection', 'peerData']);
  });

  test('every before has its after, also when a listener throws into a promise', async () => {
    const resources = await hooked(async () => {
      const { client, peer } = await pair(net);
      client.on('data', async () => { await Promise.reject(new Error('ignored')).catch(() => {}); });
      const received = once(client, 'data');
      peer.write('x');
      await received;
      client.end();
      peer.end();
      peer.resume();
      await Promise.all([closed(client), closed(peer)]);
      await new Promise((resolve) => setImmediate(resolve));
    });
    expect(resources.size).toBeGreaterThan(0);
    for (const { events } of resources.values()) {
      const before = events.filter((event) => event === 'before').length;
      expect(events.filter((event) => event === 'after')).toHaveLength(before);
    }
  });

  test('a closed handle is destroyed', async () => {
    let ids;
    const resources = await hooked(async () => {
      const { client, peer } = await pair(net);
      ids = [client._handle.getAsyncId(), peer._handle.getAsyncId()];
      client.destroy();
      peer.destroy();
      await Promise.all([closed(client), closed(peer)]);
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    });
    for (const id of ids) expect(resources.get(id).events.filter((event) => event === 'destroy')).toHaveLength(1);
  });
});

describe('traces of async_hooks', () => {
  /**
   * Note the resources in the order in which they were made, each with what triggered it.
   *
   * @param {import('../helpers/trace').Trace} t
   * @param {object | string} where for `listen`
   * @returns {Promise<void>}
   */
  async function scenario(t, where) {
    const resources = await hooked(async (seen) => {
      const server = track(t.net.createServer((peer) => {
        const trigger = asyncHooks.triggerAsyncId();
        t.note('connection', 'triggered by', seen.has(trigger) ? seen.get(trigger).type : 'something else');
        peer.on('data', () => peer.end('reply'));
      }));
      server.listen(where);
      await once(server, 'listening');
      const address = server.address();
      const client = track(new t.net.Socket());
      client.on('connect', () => {
        const execution = seen.get(asyncHooks.executionAsyncId());
        t.note('connect', 'runs in', execution ? execution.type : 'something else');
      });
      client.on('data', () => {
        const execution = seen.get(asyncHooks.executionAsyncId());
        t.note('data', 'runs in', execution ? execution.type : 'something else');
      });
      client.connect(typeof address === 'string' ? { path: address } : { port: address.port, host: '127.0.0.1' });
      client.end('request');
      await closed(client);
      await new Promise((resolve) => server.close(resolve));
    });
    for (const { type, trigger } of resources.values()) {
      t.note('resources', type, resources.has(trigger) ? resources.get(trigger).type : 'something else');
    }
  }

  traceTest('over TCP', (t) => scenario(t, { port: 0, host: '127.0.0.1' }));
  traceTest('over a Unix path', (t) => scenario(t, tempPath()));

  traceTest('async ids before and after the handle', async (t) => {
    const symbolOf = (emitter) => Object.getOwnPropertySymbols(emitter).find((symbol) => String(symbol) ===
      'Symbol(async_id_symbol)');
    const server = t.net.createServer();
    t.note('server', typeof server[symbolOf(server)], server[symbolOf(server)]);
    const socket = new t.net.Socket();
    t.note('socket', typeof socket[symbolOf(socket)], socket[symbolOf(socket)]);
    const { client, peer, server: running } = await pair(t.net);
    for (const [label, emitter] of [['client', client], ['peer', peer], ['running', running]]) {
      t.note(label, emitter[symbolOf(emitter)] === emitter._handle.getAsyncId());
    }
  });
});
