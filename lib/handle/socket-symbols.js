'use strict';

// Those of the host are on its own sockets, too: where a handle is the host's, its code works on sockets of rsnet.
const host = require('../node/private-symbols');

module.exports = {
  /** The async id of a Socket or Server: that of its handle. */
  async_id_symbol: host.async_id_symbol,
  /** The Socket or Server that a handle belongs to. */
  owner_symbol: host.owner_symbol,
  /** The handle of a Socket; its `_handle` is an accessor. */
  kHandle: host.kHandle,
  /** Runs after a write that the kernel did not take at once has completed. */
  kAfterAsyncWrite: host.kAfterAsyncWrite,
  /** Starts the idle time anew. */
  kUpdateTimer: host.kUpdateTimer,
  /** Gives a Socket another handle between two connection attempts; TLS calls it too. */
  kReinitializeHandle: host.kReinitializeHandle,
  /** The running idle timer, or null. */
  kTimeout: host.kTimeout,
  /** Bytes that were queued when the idle timer was last looked at. */
  kLastWriteQueueSize: host.kLastWriteQueueSize,
  /** The user's buffer of the `onread` option, or null; true while a function makes the buffers. */
  kBuffer: host.kBuffer,
  /** The callback of the `onread` option. */
  kBufferCb: host.kBufferCb,
  /** The function that makes buffers for the `onread` option, or null. */
  kBufferGen: host.kBufferGen,
  /** The host's handle that a socket will have once it is connected; null if that is to be made then. */
  kAwaited: Symbol('kAwaited'),
  /** The `signal` option of a Socket. */
  kSignal: Symbol('kSignal'),
  /** Options that were set before there was a connection to set them on. */
  kSetNoDelay: Symbol('kSetNoDelay'),
  kSetKeepAlive: Symbol('kSetKeepAlive'),
  kSetKeepAliveInitialDelay: Symbol('kSetKeepAliveInitialDelay'),
  kSetKeepAliveInterval: Symbol('kSetKeepAliveInterval'),
  kSetKeepAliveCount: Symbol('kSetKeepAliveCount'),
  kSetTOS: Symbol('kSetTOS'),
  /** The congestion control that was asked for. */
  kCongestionControl: Symbol('kCongestionControl'),
  /** Whether a Socket was made with a BoundSocket, and the path that was bound to, if it was one. */
  kBoundSource: Symbol('kBoundSource'),
  kBoundPath: Symbol('kBoundPath'),
  /** The counters of a handle that is closed. */
  kBytesRead: Symbol('kBytesRead'),
  kBytesWritten: Symbol('kBytesWritten'),
};
