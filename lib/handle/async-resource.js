'use strict';

// Handles as async_hooks sees them.

const { AsyncResource } = require('async_hooks');
const { markAsUncloneable } = require('../node/captured');
const { context_frame } = require('../node/private-symbols');

/** So many more functions than in the built-in stand between a program's call and a hook of async_hooks. */
const MORE_FRAMES = 8;

/** A resource that can begin another life, and makes those of its requests. */
class HandleResource extends AsyncResource {
  /**
   * @param {string} provider the resource type that async_hooks sees
   * @param {number} [triggerAsyncId] of the listening handle that accepts this one
   */
  constructor(provider, triggerAsyncId) {
    // Tools note in a hook where a handle comes from, and V8 ends a stack after ten frames.
    const { stackTraceLimit } = Error;
    const isExtended = stackTraceLimit > 0 && Reflect.set(Error, 'stackTraceLimit', stackTraceLimit + MORE_FRAMES);
    super(provider, { requireManualDestroy: true, triggerAsyncId });
    if (isExtended) Error.stackTraceLimit = stackTraceLimit;
    // Before Node 22 there is no such mark.
    markAsUncloneable?.(this);
  }

  /** @returns {number} the id under which async_hooks knows this handle */
  getAsyncId() { return this.asyncId(); }

  /** @returns {*} the context that this handle's events run in, where the host keeps it with resources */
  getAsyncContextFrameForDebuggingOnly() { return this[context_frame]; }

  /** @returns {number} 0: Node's number for the provider is known to nobody outside */
  getProviderType() { return 0; }

  /**
   * Begins another life as a resource, in the context of the caller. Node's HTTP agent asks for that when it gives a
   * connection to the next request, whose context the connection's events then belong to.
   */
  asyncReset() {
    this.emitDestroy();
    const next = new HandleResource(this._provider);
    // Where a resource keeps its ids and its context, and where AsyncLocalStorage keeps stores on it.
    for (const key of Object.getOwnPropertySymbols(next)) this[key] = next[key];
  }

  /** The type under which async_hooks knows this handle. */
  get _provider() { return ''; }

  /**
   * @param {string} provider the resource type that async_hooks sees
   * @returns {AsyncResource} for a request of this handle
   */
  _requestResource(provider) {
    return new AsyncResource(provider, { requireManualDestroy: true, triggerAsyncId: this.asyncId() });
  }
}

module.exports = { HandleResource };
