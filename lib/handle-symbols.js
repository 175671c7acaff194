'use strict';

// Where handles keep what is nobody else's affair: under symbols, so that programs which list or print a handle see
// what the built-in's has, and nothing else (lib/handle-shape.js).

module.exports = {
  /** The addon's Socket, made on first use, and where it is kept. */
  kNative: Symbol('kNative'),
  kView: Symbol('kView'),
  /** The number by which the addon knows the handle. */
  kSlot: Symbol('kSlot'),
  /** Whether `close` was called, and what it was given. */
  kClosing: Symbol('kClosing'),
  kOnClose: Symbol('kOnClose'),
  /** Whether it keeps the process alive; undefined once closed. */
  kRef: Symbol('kRef'),
  /** The resource type that async_hooks sees. */
  kProvider: Symbol('kProvider'),
  /** Requests under way. */
  kConnectReq: Symbol('kConnectReq'),
  kShutdownReq: Symbol('kShutdownReq'),
  kWriteReqs: Symbol('kWriteReqs'),
  /** The foreign handle for the same connection. */
  kAdopted: Symbol('kAdopted'),
  /** The most that one read may bring; 0 = as the engine sees fit. */
  kReadSize: Symbol('kReadSize'),
  /** Whether the owner wants data now, and what was read while he did not. */
  kDelivers: Symbol('kDelivers'),
  kHeldBack: Symbol('kHeldBack'),
  /** How far reading has come. */
  kReads: Symbol('kReads'),
  /** Whether reading came to its end: a write is then likely to fail. */
  kReadEnded: Symbol('kReadEnded'),
  /** What `onread` is. */
  kOnRead: Symbol('kOnRead'),
  /** The counters of a handle that was closed. */
  kRead: Symbol('kRead'),
  kWritten: Symbol('kWritten'),
  /** Bytes of refused writes that do not count as written. */
  kUncounted: Symbol('kUncounted'),
  /** What gather.js keeps: the turn of the last write, and the bytes gathered since, or null. */
  kLastTurn: Symbol('kLastTurn'),
  kArea: Symbol('kArea'),
  /** The write that is being fed, or null. */
  kFeed: Symbol('kFeed'),
  /** Events that the engine owes for the oldest request beyond the one that completes it. */
  kSurplus: Symbol('kSurplus'),
  /** Events to come for requests that have failed. */
  kOverdue: Symbol('kOverdue'),
  /** Whether a Pipe was asked to read before it was connected. */
  kReadWhenConnected: Symbol('kReadWhenConnected'),
  /** On handles of the host for connections that were rsnet's. */
  kIsHost: Symbol('kIsHost'),
};
