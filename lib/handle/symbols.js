'use strict';

// Where handles keep what is nobody else's affair: under symbols, so that programs which list or print a handle see
// what the built-in's has, and nothing else (lib/handle/inspection.js).

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
  /** The foreign handle for the same connection. */
  kAdopted: Symbol('kAdopted'),
  /** The most that one read may bring; 0 = as the engine sees fit. */
  kReadSize: Symbol('kReadSize'),
  /** The most that one read may bring where `kReadSize` is 0; 0 = as much as of the built-in. */
  kReadMost: Symbol('kReadMost'),
  /** Whether the owner wants data now, and what was read while he did not. */
  kReading: Symbol('kReading'),
  kPendingRead: Symbol('kPendingRead'),
  /** How many reads Node's HTTP parser had of it. */
  kParserReads: Symbol('kParserReads'),
  /** How far reading has come. */
  kReadGate: Symbol('kReadGate'),
  /** Whether reading came to its end: a write is then likely to fail. */
  kReadEnded: Symbol('kReadEnded'),
  /** What `onread` is. */
  kOnRead: Symbol('kOnRead'),
  /** Bytes read of a handle that was closed. */
  kRead: Symbol('kRead'),
  /** The write side, or null before the first write. */
  kWriter: Symbol('kWriter'),
  /** Whether a Pipe was asked to read before it was connected. */
  kReadWhenConnected: Symbol('kReadWhenConnected'),
  /** On handles of the host for connections that were rsnet's. */
  kIsHost: Symbol('kIsHost'),
};
