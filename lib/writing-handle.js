'use strict';

// How handles write: buffers and strings, at once or gathered with others of the same turn.

const { commands, write } = require('./bridge');
const { nextTick } = require('./captured');
const { ErrnoException } = require('./errors');
const gather = require('./gather');
const {
  kClosing, kConnectReq, kNative, kReadEnded, kSlot, kUncounted, kWriteReqs,
} = require('./handle-symbols');
const { WriteReq } = require('./requests');
const { Handle } = require('./stream-handle');
const { owner_symbol } = require('./symbols');
const { currentTick } = require('./ticks');
const { UV_EBADF } = require('./uv');

/** Encodings of `writeString`, as the addon numbers them. */
const UTF8 = 0;
const LATIN1 = 1;
const UTF16LE = 2;

/** The most bytes that a UTF-16 unit takes in each encoding, and the Buffer's methods that write them. */
const MAX_CHAR_BYTES = [3, 1, 2];
const WRITERS = ['utf8Write', 'latin1Write', 'ucs2Write'];

/** Strings of up to this many bytes are not counted when the kernel refuses them at once, unlike all other data. */
const MAX_UNCOUNTED = 16 * 1024;

/**
 * Chunks that one system call takes (`IOV_MAX`): a write of more of them ends later, as under libuv. (There, one of
 * more than 2,048 takes another turn of the event loop for each further thousand.)
 */
const MAX_PIECES = 1024;

/** Bytes up to which a typed array may live in V8's heap. To hand one out, V8 has to give it memory of its own. */
const MAX_IN_HEAP = 64;

/** Many chunks of one write are copied together when they are of up to this many bytes on average. */
const MAX_MEAN = 512;

/** A longer string is encoded as UTF-8 in pieces of so many UTF-16 units, in memory that is used again. */
const PIECE = 64 * 1024 - 2;

/** Where short strings are encoded, and short data is copied to, when it does not wait for others in an area. */
const scratch = Buffer.allocUnsafeSlow(gather.AREA_SIZE);

/** The Buffer's methods that write strings, by the names of encodings; data in others is decoded first. */
const STRING_WRITERS = {
  'utf8': 'utf8Write', 'utf-8': 'utf8Write', 'latin1': 'latin1Write', 'binary': 'latin1Write', 'ascii': 'latin1Write',
};

/**
 * @param {string} string
 * @returns {string[]} its parts, none of which ends in the middle of a pair of surrogates
 */
function piecesOf(string) {
  const pieces = [];
  let from = 0;
  while (from < string.length) {
    const splitsPair = (string.charCodeAt(from + PIECE - 1) & 0xFC00) === 0xD800;
    const to = from + PIECE + (splitsPair ? 1 : 0);
    pieces.push(string.slice(from, to));
    from = to;
  }
  return pieces;
}

/**
 * @param {Array} chunks Buffers, or chunk and encoding by turns
 * @param {number} step 1 or 2
 * @returns {number} bytes of all of them, at most
 */
function mostBytes(chunks, step) {
  let bytes = 0;
  for (let i = 0; i < chunks.length; i += step) {
    const chunk = chunks[i];
    bytes += typeof chunk === 'string' ? chunk.length * MAX_CHAR_BYTES[UTF8] : chunk.length;
  }
  return bytes;
}

/**
 * Copies the chunks of a write together.
 *
 * @param {Buffer} memory with room for them
 * @param {number} start where in it
 * @param {Array} chunks Buffers, or chunk and encoding by turns
 * @param {number} step 1 or 2
 * @returns {number} how many bytes they are
 */
function pack(memory, start, chunks, step) {
  let at = start;
  for (let i = 0; i < chunks.length; i += step) {
    let chunk = chunks[i];
    // One that was detached is empty, and cannot be copied.
    if (chunk.length === 0) continue;
    if (typeof chunk === 'string') {
      const writer = STRING_WRITERS[chunks[i + 1]];
      if (writer !== undefined) {
        at += memory[writer](chunk, at, memory.length - at);
        continue;
      }
      chunk = Buffer.from(chunk, chunks[i + 1]);
    }
    memory.set(chunk, at);
    at += chunk.length;
  }
  return at - start;
}

/**
 * @param {Array} chunks chunk and encoding by turns
 * @returns {Buffer[]}
 */
function toBuffers(chunks) {
  const buffers = [];
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    buffers.push(typeof chunk === 'string' ? Buffer.from(chunk, chunks[i + 1]) : chunk);
  }
  return buffers;
}

/**
 * @param {number} bytes of a write
 * @param {number} count of its chunks
 * @returns {boolean} whether they are better copied together than handed over one by one
 */
function isPacked(bytes, count) {
  return bytes <= scratch.length && (bytes <= gather.MAX_WRITE || bytes <= MAX_MEAN * count);
}

/**
 * Writes that the stream believes sent have failed: nobody else is left to tell but the socket.
 *
 * @this {WriteReq}
 * @param {number} status
 */
function onGatheredSent(status) {
  const socket = this.handle[owner_symbol];
  if (status < 0 && socket && !socket.destroyed) socket.destroy(new ErrnoException(status, 'write'));
}

/** A handle that can be written to. */
class WritingHandle extends Handle {
  /**
   * @param {object} req a WriteReq
   * @param {Buffer} data
   * @returns {number} status
   */
  writeBuffer(req, data) {
    const { length } = data;
    const area = this._gathers(length) ? gather.areaFor(this, length) : undefined;
    if (area === undefined) {
      gather.flush(this);
      if (length > MAX_IN_HEAP || length === 0) return this._wrote(req, length, this._send(data, length));
      scratch.set(data);
      return this._wrote(req, length, this._send(scratch, length));
    }
    area.memory.set(data, area.length);
    return this._gathered(req, area, length);
  }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @returns {number} status
   */
  writeUtf8String(req, string) { return this._writeString(req, string, UTF8); }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @returns {number} status
   */
  writeLatin1String(req, string) { return this._writeString(req, string, LATIN1); }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @returns {number} status
   */
  writeAsciiString(req, string) { return this._writeString(req, string, LATIN1); }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @returns {number} status
   */
  writeUcs2String(req, string) { return this._writeString(req, string, UTF16LE); }

  /**
   * Writes several chunks by one system call.
   * @param {object} req a WriteReq
   * @param {Array} chunks Buffers, or, without `allBuffers`, chunk and encoding by turns
   * @param {boolean} [allBuffers]
   * @param {boolean} [atOnce] whether it must not wait for others of its turn
   * @returns {number} status
   */
  writev(req, chunks, allBuffers, atOnce) {
    const step = allBuffers ? 1 : 2;
    const most = mostBytes(chunks, step);
    if (most > 0 && isPacked(most, chunks.length / step)) return this._writePacked(req, chunks, step, most, atOnce);
    return this._writeBuffers(req, allBuffers ? chunks : toBuffers(chunks));
  }

  /**
   * @param {object} req a WriteReq
   * @param {Array} chunks Buffers, or chunk and encoding by turns; of few bytes
   * @param {number} step 1 or 2
   * @param {number} most bytes of all of them, at most
   * @param {boolean} [atOnce] as for `writev`
   * @returns {number} status
   */
  _writePacked(req, chunks, step, most, atOnce) {
    const isMany = chunks.length > MAX_PIECES * step;
    const area = !atOnce && !isMany && this._gathers(most) ? gather.areaFor(this, most) : undefined;
    if (area !== undefined) return this._gathered(req, area, pack(area.memory, area.length, chunks, step));
    gather.flush(this);
    const length = pack(scratch, 0, chunks, step);
    // Of strings that decode to nothing. The kernel decides what is asked of a connection by several empty chunks.
    if (length === 0) return this._writeBuffers(req, toBuffers(chunks));
    if (isMany && !this[kClosing]) return this._wrote(req, length, commands.writeTold(this[kSlot], scratch, length));
    return this._wrote(req, length, this._send(scratch, length));
  }

  /**
   * @param {object} req a WriteReq
   * @param {Buffer[]} buffers
   * @returns {number} status
   */
  _writeBuffers(req, buffers) {
    gather.flush(this);
    return this._wrote(req, mostBytes(buffers, 1), this[kNative].writev(buffers));
  }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @param {number} encoding UTF8, LATIN1 or UTF16LE
   * @returns {number} status
   */
  _writeString(req, string, encoding) {
    const most = string.length * MAX_CHAR_BYTES[encoding];
    const area = this._gathers(most) ? gather.areaFor(this, most) : undefined;
    if (area !== undefined) {
      const { memory, length } = area;
      return this._gathered(req, area, memory[WRITERS[encoding]](string, length, memory.length - length));
    }
    gather.flush(this);
    let bytes;
    let result;
    if (most <= gather.MAX_WRITE) {
      // What the kernel does not take of it is copied, so the memory can be used again at once.
      bytes = scratch[WRITERS[encoding]](string, 0, most);
      result = this._send(scratch, bytes);
    } else {
      const native = this[kNative];
      const before = native.bytesWritten;
      result = encoding === UTF8 && string.length > PIECE
        ? native.writePieces(piecesOf(string), encoding, currentTick(), string.length)
        : native.writeString(string, encoding, currentTick());
      bytes = native.bytesWritten - before;
    }
    if (result < 0 && most <= MAX_UNCOUNTED) this[kUncounted] += bytes;
    return this._wrote(req, bytes, result);
  }

  /**
   * @param {Buffer} data
   * @param {number} length of its first bytes
   * @returns {number} 0 sent, 1 queued, or a negated errno
   */
  _send(data, length) {
    return this[kClosing] ? UV_EBADF : write(this[kSlot], data, length);
  }

  /**
   * @param {number} bytes of a write, at most
   * @returns {boolean} whether it is gathered with others of this turn; an empty one is not, nor one to a peer that
   *   may have gone: after its end, or while nobody reads and would see that. The kernel's answer matters then.
   */
  _gathers(bytes) {
    return bytes > 0 && bytes <= gather.MAX_WRITE && this[kWriteReqs].length === 0 && this[kConnectReq] === null &&
      !this[kClosing] && !this[kReadEnded] && this.reading && !gather.isDue(this);
  }

  /**
   * @param {object} req a WriteReq whose bytes stand at the end of the area
   * @param {object} area
   * @param {number} bytes
   * @returns {number} status
   */
  _gathered(req, area, bytes) {
    area.length += bytes;
    req.handle = this;
    req.bytes = bytes;
    return 0;
  }

  /**
   * Sends what was gathered.
   * @param {Buffer} data
   * @returns {boolean} whether the kernel took all of it
   */
  _sendGathered(data) {
    const result = this._send(data, data.length);
    if (result === 0) return true;
    const req = new WriteReq(onGatheredSent, null);
    if (result < 0) {
      req.handle = this;
      nextTick(() => req.oncomplete(result));
    } else {
      this._wrote(req, data.length, result);
    }
    return false;
  }

  /**
   * Fills in the request after a write.
   * @param {object} req a WriteReq
   * @param {number} bytes
   * @param {number} result 0 sent, 1 queued, or a negated errno
   * @returns {number} status
   */
  _wrote(req, bytes, result) {
    if (result < 0) return result;
    req.handle = this;
    req.bytes = bytes;
    req.async = result === 1;
    if (req.async) {
      req.resource = this._requestResource('WRITEWRAP');
      this[kWriteReqs].push(req);
    }
    return 0;
  }
}

module.exports = { WritingHandle, mostBytes };
