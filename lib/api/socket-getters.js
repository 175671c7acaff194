'use strict';

// Computed properties of a Socket: state, addresses, counters.

const { kBoundPath, kBytesRead, kBytesWritten, kHandle } = require('../handle/socket-symbols');
const { isMptcp } = require('./connection-info');

/**
 * @param {*} data what `_write` or `_writev` was given
 * @param {string} [encoding]
 * @returns {number} its bytes on the wire
 */
function byteLength(data, encoding) {
  if (!data) return 0;
  if (typeof data === 'string') return Buffer.byteLength(data, /** @type {BufferEncoding} */ (encoding));
  if (!Array.isArray(data)) return data.length;
  let bytes = 0;
  for (const { chunk, encoding: chunkEncoding } of data) bytes += byteLength(chunk, chunkEncoding);
  return bytes;
}

/**
 * The socket's own address, cached.
 *
 * @this {Socket}
 * @returns {{address?: string, family?: string, port?: number}}
 */
function getsockname() {
  if (this[kBoundPath] !== undefined) return { address: this[kBoundPath] };
  if (!this._handle?.getsockname) return {};
  if (!this._sockname) {
    this._sockname = {};
    this._handle.getsockname(this._sockname);
  }
  return this._sockname;
}

/**
 * The peer's address, cached: programs read it after the end, too.
 *
 * @this {Socket}
 * @returns {{address?: string, family?: string, port?: number}}
 */
function getpeername() {
  if (!this._handle?.getpeername || this.connecting) return this._peername || {};
  if (!this._peername) {
    const out = {};
    if (this._handle.getpeername(out)) return out;
    this._peername = out;
  }
  return this._peername;
}

/** The computed properties. */
const getters = Object.getOwnPropertyDescriptors(/** @type {ThisType<Socket>} */ ({
  get _handle() { return this[kHandle]; },
  set _handle(handle) { this[kHandle] = handle; },
  get _connecting() { return this.connecting; },
  get pending() { return !this._handle || this.connecting; },
  get readyState() {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  },
  get bufferSize() { return this._handle ? this.writableLength : undefined; },
  get bytesRead() { return this._handle ? this._handle.bytesRead : this[kBytesRead]; },
  get _bytesDispatched() { return this._handle ? this._handle.bytesWritten : this[kBytesWritten]; },
  get bytesWritten() {
    const waiting = this.writableBuffer;
    if (!waiting) return undefined;
    const held = byteLength(waiting) + byteLength(this._pendingData, this._pendingEncoding);
    // A handle without counters has no number to add to.
    return held === 0 ? this._bytesDispatched : this._bytesDispatched + held;
  },
  get isMptcp() { return isMptcp(this); },
  get remoteAddress() { return this._getpeername().address; },
  get remoteFamily() { return this._getpeername().family; },
  get remotePort() { return this._getpeername().port; },
  get localAddress() { return this._getsockname().address; },
  get localFamily() { return this._getsockname().family; },
  get localPort() { return this._getsockname().port; },
}));

module.exports = { getsockname, getpeername, getters };
