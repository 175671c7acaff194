'use strict';

/* global net, gc -- given by spawnNode, and by --expose-gc */

const { nodeMajor, spawnNode } = require('../helpers');

/** Makes a first Socket in an async context, and tells what is left of its ticks and of the context. */
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
  function use() {
    const context = {};
    store = new WeakRef(context);
    storage.run(context, () => {
      hook.enable();
      new net.Socket().destroy();
      hook.disable();
    });
  }
  async function tell() {
    for (let i = 0; i < 10; i++) {
      await turn();
      gc();
    }
    const live = ticks.filter((tick) => tick.deref() !== undefined).length;
    console.log(JSON.stringify({ made: ticks.length > 0, live, context: store.deref() !== undefined }));
  }
  use();
  tell();
}

(nodeMajor < 25 ? describe : describe.skip)('the object of a tick', () => {
  it('is kept from the first use on, and its async context is not', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', firstUse, { flags: ['--expose-gc'] });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ made: true, live: 1, context: false });
  });
});
