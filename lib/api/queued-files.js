'use strict';

// Files in the queue of a socket's stream.
//
// An empty Buffer stands for the file in the stream's queue. While there is one, the socket has a `_writeGeneric` of
// its own, which sends the file when the stream comes to that Buffer. So the writes before it go first, and those
// behind it wait. This works on each Socket that is written as Node's is, the built-in's and those of TLS among them.
// Bun's sockets have no `_writeGeneric`, so they get `_write` and `_writev` in its place.

/**
 * @typedef {object} FileSend one file on its way to a socket (send-file.js)
 * @property {Socket} socket
 * @property {(write: Function, callback: (error?: Error|null) => void) => void} run the stream has come to it
 * @property {() => void} closed the socket has closed
 */

/** The FileSend of each Buffer that stands for one. */
const marks = new WeakMap();

/** A Socket's files that have not ended, as a Set. */
const kFiles = Symbol('kFiles');

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
 * @param {Socket} socket
 * @returns {Record<string, Function>} its methods that write, with the files that are in its queue
 */
function intercepted(socket) {
  if (typeof socket._writeGeneric === 'function') return { _writeGeneric: interceptor(socket._writeGeneric) };
  const { _write: write, _writev: writev } = socket;
  /**
   * @this {Socket}
   * @param {boolean} several
   * @param {*} data
   * @param {BufferEncoding} encoding
   * @param {(error?: Error|null) => void} callback
   */
  function generic(several, data, encoding, callback) {
    if (several) /** @type {Function} */ (writev).call(this, data, callback);
    else write.call(this, data, encoding, callback);
  }
  const writeGeneric = interceptor(generic);
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
 * @param {FileSend} send that begins
 * @returns {Buffer} to be written to its socket in place of the file
 */
function markOf(send) {
  const mark = Buffer.alloc(0);
  marks.set(mark, send);
  intercept(send);
  return mark;
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether it has a file to send, which its stream's length says nothing of
 */
function hasFiles(socket) {
  return socket[kFiles] !== undefined;
}

module.exports = { hasFiles, markOf, release };
