'use strict';

/* global net, gc -- given by spawnNode, and by --expose-gc */

const { nodeMajor, spawnNode } = require('../helpers');

/** Uses sockets for the first time in an async context, and tells what is left of its ticks and of the context. */
function firstUse() {
  const { AsyncLocalStorage, createHook } = require('async_hooks');
  const { setImmediate: turn } = require('timers/promises');
  const ticks = [];
  const hook = createHook({
    init(id, type, trigger, resource) {
      if (type === 'TickObject') ticks.push(new WeakRef(resource));
    },
  });
  const storage = new AsyncLocalStorage();
  let store;
  let isClosed = false;
  function use() {
    const context = {};
    store = new WeakRef(context);
    storage.run(context, () => {
      hook.enable();
      if (process.argv[1] === 'listen') {
        const server = net.createServer().listen(0, () => server.close());
        server.on('close', () => { isClosed = true; });
      } else {
        const socket = net.connect({ port: 0, host: '127.0.0.1' }).on('error', () => {});
        socket.on('close', () => { isClosed = true; });
      }
      hook.disable();
    });
  }
  async function tell() {
    // A promise would keep the context.
    while (!isClosed) await turn();
    for (let i = 0; i < 10; i++) {
      await turn();
      gc();
    }
    const live = ticks.filter((tick) => tick.deref() !== undefined).length;
    console.log(JSON.stringify({ made: ticks.length > 0, live, context: store.deref() !== undefined }));
  }
  // The threads of the tokio backend keep the context in which the first handle is made.
  new net.BoundSocket({ host: '127.0.0.1', port: 0 }).close();
  use();
  tell();
}

(nodeMajor < 25 ? describe : describe.skip)('the object of a tick', () => {
  it.each(['listen', 'connect'])('is kept from the first %s on, and its async context is not', async (way) => {
    const { stdout, stderr } = await spawnNode('rsnet', firstUse, { flags: ['--expose-gc'], args: [way] });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ made: true, live: 1, context: false });
  });
});
