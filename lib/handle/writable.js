'use strict';

// The members of a handle that write. Each hands over to the handle's Writer.

const { HandleResource } = require('./async-resource');
const { MessageWriter } = require('./message-writer');
const { kSeqpacket, kSlot, kWriter } = require('./symbols');
const { LATIN1, UTF16LE, UTF8, Writer } = require('./writer');

/**
 * @param {WritableHandle} handle
 * @returns {Writer} made on first use
 */
function writerOf(handle) {
  if (handle[kWriter] !== null) return handle[kWriter];
  const Class = handle[kSeqpacket] ? MessageWriter : Writer;
  return handle[kWriter] = new Class(/** @type {Handle} */ (handle), handle[kSlot]);
}

/** @returns {TypeError} that of Node's StreamBase::WriteBuffer */
function notABuffer() {
  return Object.assign(new TypeError('Second argument must be a buffer'), { code: 'ERR_INVALID_ARG_TYPE' });
}

/** A handle that can be written to. */
class WritableHandle extends HandleResource {
  /**
   * @param {string} provider as for HandleResource
   * @param {number} [triggerAsyncId] as for HandleResource
   */
  constructor(provider, triggerAsyncId) {
    super(provider, triggerAsyncId);
    this[kWriter] = null;
  }

  /** Bytes that were written: sent, queued or refused. */
  get bytesWritten() { return this[kWriter] === null ? 0 : this[kWriter].bytes; }

  /**
   * @param {WriteReq} req
   * @param {Buffer} data
   * @returns {number} status
   */
  writeBuffer(req, data) {
    if (!ArrayBuffer.isView(data)) throw notABuffer();
    return writerOf(this).writeBuffer(req, data);
  }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @returns {number} status
   */
  writeUtf8String(req, string) { return writerOf(this).writeString(req, string, UTF8); }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @returns {number} status
   */
  writeLatin1String(req, string) { return writerOf(this).writeString(req, string, LATIN1); }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @returns {number} status
   */
  writeAsciiString(req, string) { return writerOf(this).writeString(req, string, LATIN1); }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @returns {number} status
   */
  writeUcs2String(req, string) { return writerOf(this).writeString(req, string, UTF16LE); }

  /**
   * @param {WriteReq} req
   * @param {Array} chunks Buffers, or, without `allBuffers`, chunk and encoding by turns
   * @param {boolean} [allBuffers]
   * @returns {number} status
   */
  writev(req, chunks, allBuffers) { return writerOf(this).writev(req, chunks, allBuffers); }

  /**
   * @param {number} id of a write that has ended
   * @param {number} status
   */
  _completeWrite(id, status) { this[kWriter]?.completeWrite(id, status); }

  /** @param {number} status 0: the kernel has room for more of a large write; otherwise with what that has failed */
  _advanceWrite(status) { this[kWriter]?.advanceLarge(status); }
}

module.exports = { WritableHandle, writerOf };
