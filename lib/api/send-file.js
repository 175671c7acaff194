'use strict';

// `socket.sendFile`: a part of a file as one of the writes of a socket.

const { AbortError, codes } = require('../node/errors');
const { hasMessages } = require('./messages');
const { READ_SIZE, checkedPart, openPart, truncatedError } = require('./file-part');
const { markOf, release } = require('./queued-files');

const EMPTY = Buffer.alloc(0);

/**
 * Sends files without reading them.
 *
 * @typedef {object} Engine
 * @property {(socket: *) => boolean} canTry whether it may be able to send to the socket
 * @property {(socket: Socket, part: FilePart, ended: Ended) => ({cancel: () => void}|undefined)} start begins to send
 *   a part; undefined if it cannot
 */

/**
 * What the engine calls.
 *
 * @callback Ended
 * @param {Error|undefined} error
 * @param {number} sent bytes
 * @param {boolean} isFileError whether the error is the file's, and not the socket's
 * @param {boolean} [isUnsuitable] whether the file has to be sent in another way
 */

/** @type {Engine|undefined} */
let engine;

/** @param {Engine} value */
function useEngine(value) {
  engine = value;
}

/** One file on its way to a socket. */
class FileSend {
  /**
   * @param {Socket} socket
   * @param {Promise<FilePart>} opening
   * @param {AbortSignal} [signal]
   */
  constructor(socket, opening, signal) {
    this.socket = socket;
    this.signal = signal;
    /** @type {FilePart|undefined} */
    this.part = undefined;
    this.sent = 0;
    this.hasEnded = false;
    /** What goes on when the file is open, if the stream has come to it before. */
    this.onOpened = undefined;
    /** What the engine has begun. */
    /** @type {{cancel: () => void}|undefined} */
    this.transfer = undefined;
    const onAbort = () => this.abort();
    this.onAbort = onAbort;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    opening.then((part) => this.opened(part), (error) => this.end(error));
    signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** @param {FilePart} part */
  opened(part) {
    this.part = part;
    if (this.hasEnded) part.close();
    this.onOpened?.();
  }

  /** The signal has aborted. */
  abort() {
    // Bytes that the kernel has taken meanwhile count, so the engine's end is waited for.
    if (this.transfer) this.transfer.cancel();
    else this.end(this.abortError());
  }

  /** @returns {Error} */
  abortError() {
    return Object.assign(new AbortError(this.signal?.reason), { bytesSent: this.sent });
  }

  /** The socket has closed. */
  closed() {
    this.transfer?.cancel();
    this.end(this.socketError());
  }

  /**
   * @param {Error} [error]
   * @returns {Error} why the socket takes no more
   */
  socketError(error) {
    return this.socket.errored ?? error ?? new codes.ERR_SOCKET_CLOSED();
  }

  /** @param {Error} [error] */
  end(error) {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.signal?.removeEventListener('abort', this.onAbort);
    release(this);
    this.part?.close();
    if (error) this.reject(error);
    else this.resolve(this.sent);
    // A stream that has come to the file already goes on.
    this.onOpened?.();
  }

  /**
   * The stream has come to the file.
   *
   * @param {Function} write the `_writeGeneric` below
   * @param {(error?: Error|null) => void} callback the stream's
   */
  run(write, callback) {
    if (this.hasEnded) {
      callback();
    } else if (this.part === undefined) {
      const onOpened = () => {
        this.onOpened = undefined;
        this.run(write, callback);
      };
      this.onOpened = onOpened;
    } else if (engine?.canTry(this.socket) && this.part.isCounted) {
      // Its end says that all before it is sent, also on a socket that connects.
      write.call(this.socket, false, EMPTY, 'buffer', (error) => {
        if (error) this.fail(error, callback);
        else this.begin(write, callback);
      });
    } else {
      this.pump(write, callback);
    }
  }

  /**
   * @param {Function} write
   * @param {(error?: Error|null) => void} callback
   */
  begin(write, callback) {
    if (this.hasEnded) {
      callback();
      return;
    }
    const part = /** @type {FilePart} */ (this.part);
    this.transfer = engine?.start(this.socket, part, (error, sent, isFileError, isUnsuitable) => {
      this.transfer = undefined;
      this.sent = sent;
      if (this.hasEnded) {
        // The socket has closed, and may connect again already, which this error is not of.
        callback();
      } else if (isUnsuitable) {
        this.pump(write, callback);
      } else if (this.signal?.aborted && sent < part.length) {
        this.end(this.abortError());
        callback();
      } else if (error && !isFileError) {
        this.fail(error, callback);
      } else {
        this.finish(error, callback);
      }
    });
    if (this.transfer === undefined) this.pump(write, callback);
  }

  /**
   * Reads the file, and writes what was read.
   *
   * @param {Function} write
   * @param {(error?: Error|null) => void} callback
   */
  pump(write, callback) {
    const part = /** @type {FilePart} */ (this.part);
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ_SIZE, part.length)));
    const next = () => {
      if (this.hasEnded) callback();
      else part.read(buffer, this.sent, onRead);
    };
    const onRead = (error, count) => {
      if (this.hasEnded) {
        callback();
      } else if (error || count === 0) {
        this.finish(error, callback);
      } else {
        write.call(this.socket, false, buffer.subarray(0, count), 'buffer', (failure) => {
          if (failure) {
            this.fail(failure, callback);
            return;
          }
          this.sent += count;
          next();
        });
      }
    };
    next();
  }

  /**
   * The file is sent, as far as that goes.
   *
   * @param {Error|null|undefined} error of the file
   * @param {(error?: Error|null) => void} callback
   */
  finish(error, callback) {
    const { sent } = this;
    const part = /** @type {FilePart} */ (this.part);
    if (error) this.end(Object.assign(error, { bytesSent: sent }));
    else if (part.isCounted && sent < part.length) this.end(truncatedError(part, sent));
    else this.end();
    callback();
  }

  /**
   * @param {Error} error of the socket
   * @param {(error?: Error|null) => void} callback
   */
  fail(error, callback) {
    this.end(this.socketError(error));
    callback(error);
  }
}

/**
 * @param {import('stream').Writable} socket that was destroyed
 * @returns {Error} the one with which that was done, if there is one
 */
function goneError(socket) {
  return socket.errored ?? new codes.ERR_STREAM_DESTROYED('sendFile');
}

/**
 * @param {Socket|AnyResponse} socket
 * @returns {Error|undefined} why nothing can be written to it any more
 */
function refusal(socket) {
  if (hasMessages(socket)) return new codes.ERR_INVALID_HANDLE_TYPE('sendFile');
  if (socket.writableEnded) return new codes.ERR_STREAM_WRITE_AFTER_END();
  return socket.destroyed ? goneError(socket) : undefined;
}

/**
 * Puts a file behind what was written to a socket before.
 *
 * @param {Socket} socket written as Node's is
 * @param {Promise<FilePart>} opening
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>} how many bytes were sent
 */
function queueFile(socket, opening, signal) {
  const send = new FileSend(socket, opening, signal);
  socket.write(markOf(send), (error) => {
    if (error) send.end(send.socketError(error));
  });
  return send.promise;
}

/**
 * `socket.sendFile`: sends a file, or a part of it, behind what was written before. The socket stays open.
 *
 * @this {Socket}
 * @param {*} file a path, a descriptor or a FileHandle
 * @param {object} [options]
 * @param {number} [options.start] the first byte
 * @param {number} [options.end] the last byte
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<number>} how many bytes were sent
 * @throws {TypeError|RangeError} for bad arguments
 */
function sendFile(file, options) {
  const wanted = checkedPart(file, options);
  const { signal } = wanted;
  const problem = signal?.aborted ? new AbortError(signal.reason) : refusal(this);
  return problem ? Promise.reject(problem) : queueFile(this, openPart(wanted), signal);
}

module.exports = { goneError, queueFile, refusal, sendFile, useEngine };
