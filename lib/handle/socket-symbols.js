'use strict';

// Symbols of Sockets and Servers. Those from `host` are the ones that Node's own sockets have: Node's code uses them on
// rsnet's sockets when it runs their handle.
const host = require('../node/private-symbols');

module.exports = /** @type {typeof SocketSymbols} */ (/** @type {*} */ ({
  /** The async id of the handle. */
  async_id_symbol: host.async_id_symbol,
  /** On a handle: its Socket or Server. */
  owner_symbol: host.owner_symbol,
  /** What the accessor `_handle` gives. */
  kHandle: host.kHandle,
  /** A method that is called when a write has ended that the kernel did not take at once. */
  kAfterAsyncWrite: host.kAfterAsyncWrite,
  /** A method that restarts the idle timer. */
  kUpdateTimer: host.kUpdateTimer,
  /** A method that gives a Socket another handle for its next connection attempt. Node's TLS overrides it. */
  kReinitializeHandle: host.kReinitializeHandle,
  /** The running idle timer, or null. */
  kTimeout: host.kTimeout,
  /** `writeQueueSize` when it was last looked at: a socket is not idle while that changes. */
  kLastWriteQueueSize: host.kLastWriteQueueSize,
  /** The program's buffer of the `onread` option, or null; true before a function has made the first one. */
  kBuffer: host.kBuffer,
  /** The callback of the `onread` option. */
  kBufferCb: host.kBufferCb,
  /** The function that makes buffers for the `onread` option, or null. */
  kBufferGen: host.kBufferGen,
  /** The host's handle that takes the connection on connect; null if it is made then. */
  kNextHandle: Symbol('kNextHandle'),
  /** The `signal` option of a Socket. */
  kSignal: Symbol('kSignal'),
  /** Options for the next connection. */
  kSetNoDelay: Symbol('kSetNoDelay'),
  kSetKeepAlive: Symbol('kSetKeepAlive'),
  kSetKeepAliveInitialDelay: Symbol('kSetKeepAliveInitialDelay'),
  kSetKeepAliveInterval: Symbol('kSetKeepAliveInterval'),
  kSetKeepAliveCount: Symbol('kSetKeepAliveCount'),
  kSetTOS: Symbol('kSetTOS'),
  /** The options of lib/api/kernel-options.js that the program has asked for. */
  kAskedOptions: Symbol('kAskedOptions'),
  /** Whether a Socket was made with a BoundSocket, and the path that this was bound to. */
  kBoundSource: Symbol('kBoundSource'),
  kBoundPath: Symbol('kBoundPath'),
  /** Counters of the handle that was closed. */
  kBytesRead: Symbol('kBytesRead'),
  kBytesWritten: Symbol('kBytesWritten'),
}));
