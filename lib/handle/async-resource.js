'use strict';

// The part of a handle that async_hooks sees: AsyncWrap, in the built-in.

const { AsyncResource } = require('async_hooks');
const { async_id_symbol, context_frame, trigger_async_id_symbol } = require('../node/private-symbols');
const { markAsUncloneable } = require('../node/worker-threads');
const { kReset } = require('./symbols');

/** A program's call goes through so many more functions than in the built-in before a hook of async_hooks is called. */
const MORE_FRAMES = 8;

/**
 * @param {number} frames
 * @returns {boolean} false where a program has frozen `Error`. An assignment costs a tenth of `Reflect.set`.
 */
function setStackTraceLimit(frames) {
  try {
    Error.stackTraceLimit = frames;
    return true;
  } catch {
    return false;
  }
}

/** A resource that can be reset, and makes the resources of its requests. */
class HandleResource extends /** @type {HandleResourceBase} */ (/** @type {*} */ (AsyncResource)) {
  /**
   * @param {string} provider the resource type that async_hooks sees
   * @param {number} [triggerAsyncId] of the listening handle that accepts this one
   */
  constructor(provider, triggerAsyncId) {
    // Tools take a stack trace in a hook, and V8 cuts it after ten frames: the program's own must be among them.
    const { stackTraceLimit } = Error;
    const isExtended = stackTraceLimit > 0 && setStackTraceLimit(stackTraceLimit + MORE_FRAMES);
    super(provider, { requireManualDestroy: true, triggerAsyncId });
    if (isExtended) setStackTraceLimit(stackTraceLimit);
    // Since Node 22.
    markAsUncloneable?.(this);
    this[kReset] = undefined;
  }

  /** @returns {number} the async id */
  getAsyncId() { return this.asyncId(); }

  /** @returns {*} the AsyncContextFrame of the resource, where Node has them */
  getAsyncContextFrameForDebuggingOnly() { return this[context_frame]; }

  /** @returns {number} 0 (`NONE`): Node does not tell its numbers of providers */
  getProviderType() { return 0; }

  /**
   * Makes this a new resource in the context of the caller. Node's HTTP agent calls this when it gives a connection to
   * the next request.
   */
  asyncReset() {
    this.emitDestroy();
    const next = new HandleResource(this._provider);
    // Node keeps ids, the context, and stores of AsyncLocalStorage under symbols. A hook may give the resource members
    // with names, which this handle may have for itself.
    if (Object.keys(next).length === 0) Object.assign(this, next);
    else for (const key of Object.getOwnPropertySymbols(next)) this[key] = next[key];
    // A domain lives as long as the resource that was made in it.
    this[kReset] = next;
  }

  /** The resource type after `asyncReset`. */
  get _provider() { return ''; }

  /**
   * @param {string} provider the resource type
   * @returns {AsyncResource} for a request of this handle
   */
  _requestResource(provider) {
    return new AsyncResource(provider, { requireManualDestroy: true, triggerAsyncId: this.asyncId() });
  }
}

/**
 * Node makes a handle for an accepted connection in a callback of libuv's: the listening handle triggers it, but the
 * stores of AsyncLocalStorage in which that was made are not there.
 * @param {HandleResource} resource
 * @returns {AsyncResource} in whose scope things are made so. It has the same ids.
 */
function withoutStores(resource) {
  return Object.assign(Object.create(AsyncResource.prototype), {
    [async_id_symbol]: resource.asyncId(),
    [trigger_async_id_symbol]: resource.triggerAsyncId(),
    [context_frame]: undefined,
  });
}

module.exports = { HandleResource, withoutStores };
