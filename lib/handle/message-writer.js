'use strict';

// The write side of a handle whose writes are messages (SOCK_SEQPACKET, unix(7)).

const { write } = require('../addon/bridge');
const { UV_EBADF } = require('../node/errno');
const { NAMES, toBuffer, toBuffers } = require('./write-encoding');
const { Writer } = require('./writer');

/** Makes each write by one system call, and none joins another. */
class MessageWriter extends Writer {
  /**
   * @param {WriteReq} req
   * @param {Buffer} data
   * @returns {number} status; UV_EMSGSIZE if the kernel's buffer is too small for it
   */
  writeBuffer(req, data) {
    if (this.isClosed) return UV_EBADF;
    this._makeWay();
    this.bytes += data.length;
    return this._wrote(req, data.length, write(this.slot, data, data.length));
  }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @param {number} encoding UTF8, LATIN1 or UTF16LE
   * @returns {number} status
   */
  writeString(req, string, encoding) {
    return this.writeBuffer(req, toBuffer(string, NAMES[encoding]));
  }

  /**
   * @param {WriteReq} req
   * @param {Array} chunks of one message
   * @param {boolean} [allBuffers]
   * @returns {number} status
   */
  writev(req, chunks, allBuffers) {
    return this.writeBuffer(req, Buffer.concat(allBuffers ? chunks : toBuffers(chunks)));
  }
}

module.exports = { MessageWriter };
