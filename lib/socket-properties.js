'use strict';

// The properties of a Socket that are computed: state, addresses, counters.

const { kBoundPath, kBytesRead, kBytesWritten } = require('./symbols');

/**
 * @param {Buffer|string|Array} data what `_write` or `_writev` was given
 * @param {string} encoding
 * @returns {number} its bytes on the wire
 */
function byteLength(data, encoding) {
  if (!data) return 0;
  if (typeof data === 'string') return Buffer.byteLength(data, encoding);
  if (!Array.isArray(data)) return data.length;
  let bytes = 0;
  for (const { chunk, encoding: chunkEncoding } of data) bytes += byteLength(chunk, chunkEncoding);
  return bytes;
}

/**
 * The socket's own address, remembered once known.
 *
 * @this {import('..').Socket}
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
 * The peer's address, remembered once known, so that it can be read after the end too.
 *
 * @this {import('..').Socket}
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

/** Each name with whether it is enumerable, and its getter. */
const getters = {
  _connecting: [false, function() { return this.connecting; }],
  pending: [false, function() { return !this._handle || this.connecting; }],
  readyState: [false, function() {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }],
  bufferSize: [false, function() { return this._handle ? this.writableLength : undefined; }],
  bytesRead: [true, function() { return this._handle ? this._handle.bytesRead : this[kBytesRead]; }],
  _bytesDispatched: [true, function() {
    return this._handle ? this._handle.bytesWritten : this[kBytesWritten];
  }],
  bytesWritten: [true, function() {
    const waiting = this.writableBuffer;
    if (!waiting) return undefined;
    return this._bytesDispatched + byteLength(waiting) + byteLength(this._pendingData, this._pendingEncoding);
  }],
  remoteAddress: [true, function() { return this._getpeername().address; }],
  remoteFamily: [true, function() { return this._getpeername().family; }],
  remotePort: [true, function() { return this._getpeername().port; }],
  localAddress: [true, function() { return this._getsockname().address; }],
  localFamily: [true, function() { return this._getsockname().family; }],
  localPort: [true, function() { return this._getsockname().port; }],
};

/**
 * @param {object} prototype of Socket
 */
function defineProperties(prototype) {
  for (const [name, [enumerable, get]] of Object.entries(getters)) {
    Object.defineProperty(prototype, name, { configurable: true, enumerable, get });
  }
}

module.exports = { defineProperties, getsockname, getpeername };
