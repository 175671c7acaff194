'use strict';

// `socket.sendFile`: a part of a file as one of the writes of a socket.
//
// An empty Buffer stands for the file in the stream's queue. While there is one, the socket has a `_writeGeneric` of
// its own, which sends the file when the stream comes to that Buffer. So the writes before it go first, and those
// behind it wait. This works on each Socket that is written as Node's is, the built-in's and those of TLS among them.
// Bun's sockets have no `_writeGeneric`, so they get `_write` and `_writev` in its place.

const { AbortError, codes } = require('../node/errors');
const { hasMessages } = require('./messages');
const { READ_SIZE, checkedPart, openPart, truncatedError } = require('./file-part');

const EMPTY = Buffer.alloc(0);

/** The FileSend of each Buffer that stands for one. */
const marks = new WeakMap();

/** A Socket's files that have not ended, as a Set. */
const kFiles = Symbol('kFiles');

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
    this.onAbort = () => this.abort();
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
      this.onOpened = () => {
        this.onOpened = undefined;
        this.run(write, callback);
      };
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
 * The `_writeGeneric` of a socket with a file in its queue.
 *
 * @param {Function} write the one below
 * @returns {Function}
 */
function interceptor(write) {
  /**
   * @this {Socket}
   * @param {boolean} several
   * @param {*} data
   * @param {string} encoding
   * @param {(error?: Error|null) => void} callback
   * @returns {*} as the one below
   */
  return function writeGeneric(several, data, encoding, callback) {
    if (!several) {
      const send = marks.get(data);
      if (send === undefined) return write.call(this, several, data, encoding, callback);
      send.run(write, callback);
      return undefined;
    }
    const at = data.findIndex(({ chunk }) => typeof chunk === 'object' && marks.has(chunk));
    if (at < 0) return write.call(this, several, data, encoding, callback);
    const slice = (...range) => Object.assign(data.slice(...range), { allBuffers: data.allBuffers });
    const [before, after] = [slice(0, at), slice(at + 1)];
    const rest = (error) => {
      if (error || after.length === 0) callback(error);
      else writeGeneric.call(this, true, after, '', callback);
    };
    const file = (error) => {
      if (error) callback(error);
      else marks.get(data[at].chunk).run(write, rest);
    };
    if (before.length === 0) file();
    else write.call(this, true, before, '', file);
    return undefined;
  };
}

/**
 * Ends the files of a socket that has closed.
 *
 * @this {Socket}
 */
function onClose() {
  for (const send of [...this[kFiles]?.sends ?? []]) send.closed();
}

/**
 * @param {object} socket
 * @returns {Record<string, Function>} its methods that write, with the files that are in its queue
 */
function intercepted(socket) {
  if (typeof socket._writeGeneric === 'function') return { _writeGeneric: interceptor(socket._writeGeneric) };
  const { _write: write, _writev: writev } = socket;
  const writeGeneric = interceptor(function generic(several, data, encoding, callback) {
    if (several) writev.call(this, data, callback);
    else write.call(this, data, encoding, callback);
  });
  return {
    _write(chunk, encoding, callback) { writeGeneric.call(this, false, chunk, encoding, callback); },
    _writev(chunks, callback) { writeGeneric.call(this, true, chunks, '', callback); },
  };
}

/**
 * Gives a socket methods of its own that write, as long as it has files to send.
 *
 * @param {FileSend} send
 */
function intercept(send) {
  const { socket } = send;
  if (socket[kFiles] === undefined) {
    const methods = Object.entries(intercepted(socket)).map(([name, value]) => {
      const own = Object.getOwnPropertyDescriptor(socket, name);
      Object.defineProperty(socket, name, { configurable: true, writable: true, value });
      return { name, own, value };
    });
    Object.defineProperty(socket, kFiles, { configurable: true, value: { methods, sends: new Set() } });
    socket.on('close', onClose);
  }
  socket[kFiles].sends.add(send);
}

/**
 * @param {FileSend} send that has ended. If its Buffer is still in the queue, it is written as any empty one.
 */
function release(send) {
  const { socket } = send;
  const files = socket[kFiles];
  if (!files?.sends.delete(send) || files.sends.size > 0) return;
  delete socket[kFiles];
  socket.off('close', onClose);
  for (const { name, own, value } of files.methods) {
    if (socket[name] !== value) continue;
    delete socket[name];
    if (own) Object.defineProperty(socket, name, own);
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
  if (hasMessages(socket)) return new codes.ERR_INVALID_HANDLE_TYPE();
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
  const mark = Buffer.alloc(0);
  marks.set(mark, send);
  intercept(send);
  socket.write(mark, (error) => {
    if (error) send.end(send.socketError(error));
  });
  return send.promise;
}

/**
 * `socket.sendFile`: sends a file, or a part of it, behind what was written before. The socket stays open.
 *
 * @this {import('../..').Socket}
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

/**
 * @param {Socket} socket
 * @returns {boolean} whether it has a file to send, which its stream's length says nothing of
 */
function hasFiles(socket) {
  return socket[kFiles] !== undefined;
}

module.exports = { goneError, hasFiles, queueFile, refusal, sendFile, useEngine };
