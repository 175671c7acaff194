'use strict';

// The state of handles. Symbols keep it from programs that list or print a handle (lib/handle/inspection.js).

module.exports = /** @type {typeof HandleSymbols} */ (/** @type {*} */ ({
  /** The number that the addon knows the handle by. */
  kSlot: Symbol('kSlot'),
  /** Whether `close` was called, and its callback. */
  kClosing: Symbol('kClosing'),
  kOnClose: Symbol('kOnClose'),
  /** Whether the handle is ref'd; undefined once closed. */
  kRef: Symbol('kRef'),
  /** The resource type that async_hooks sees. */
  kProvider: Symbol('kProvider'),
  /** The requests that have not ended, or null. */
  kConnectReq: Symbol('kConnectReq'),
  kShutdownReq: Symbol('kShutdownReq'),
  /** Node's handle for the same connection. */
  kAdopted: Symbol('kAdopted'),
  /** The most that one read may bring; 0: the engine chooses. */
  kReadCap: Symbol('kReadCap'),
  /** The most that one read may bring if `kReadCap` is 0; 0: as much as the built-in reads. */
  kReadMost: Symbol('kReadMost'),
  /** Whether the owner reads, and the Buffer that came after he had stopped. */
  kReading: Symbol('kReading'),
  kPendingRead: Symbol('kPendingRead'),
  /** How many reads went to Node's HTTP parser. */
  kParserReads: Symbol('kParserReads'),
  /** A state of lib/handle/read-gate.js. */
  kReadGate: Symbol('kReadGate'),
  /** Whether a read has reported the end or an error. */
  kReadEnded: Symbol('kReadEnded'),
  /** What the accessor `onread` gives. */
  kOnRead: Symbol('kOnRead'),
  /** `bytesRead` of a closed handle. */
  kRead: Symbol('kRead'),
  /** The Writer, or null before the first write. */
  kWriter: Symbol('kWriter'),
  /** Whether a Pipe was asked to read before it was connected. */
  kReadWhenConnected: Symbol('kReadWhenConnected'),
  /** What moves the bytes of the connection, if not the handle (lib/api/relay-engine.js). */
  kRelay: Symbol('kRelay'),
  /** How many bytes of `kPendingRead`, at its end, are not counted as read yet. */
  kUncounted: Symbol('kUncounted'),
  /** How many bytes in large reads are left until a pipe is looked at (lib/api/pipe-relay.js). */
  kBulkLeft: Symbol('kBulkLeft'),
  /** The resource that `asyncReset` has made last. */
  kReset: Symbol('kReset'),
  /** Whether a Pipe has messages (SOCK_SEQPACKET). */
  kSeqpacket: Symbol('kSeqpacket'),
  /** Whether a Pipe has descriptors that its owner has not taken. */
  kAnnounced: Symbol('kAnnounced'),
  /** On Node's handles of connections that rsnet has handed over; the second is an entry of lib/api/counters.js. */
  kIsHost: Symbol('kIsHost'),
  kHandedOver: Symbol('kHandedOver'),
  /** On listening handles, once a connection was handed over (lib/api/hand-over-share.js). */
  kPast: Symbol('kPast'),
}));
