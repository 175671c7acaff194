'use strict';

// Not the global ones, which a spec may have replaced by fakes.
const { setImmediate } = require('timers');

/**
 * Wait for an event; an 'error' event meanwhile rejects (unless it is the one waited for).
 *
 * @param {import('events').EventEmitter} emitter
 * @param {string} event
 * @returns {Promise<any[]>} the arguments of the event
 */
function once(emitter, event) {
  return new Promise((resolve, reject) => {
    const onEvent = (...args) => {
      emitter.removeListener('error', onError);
      resolve(args);
    };
    const onError = (error) => {
      emitter.removeListener(event, onEvent);
      reject(error);
    };
    emitter.once(event, onEvent);
    if (event !== 'error') emitter.once('error', onError);
  });
}

/** Sockets that have emitted 'close'; the streams' own flag is set some ticks before a socket's event. */
const gone = new WeakSet();

/**
 * Remember when a socket emits 'close', for `closed` to know.
 *
 * @param {import('net').Socket} socket
 * @returns {void}
 */
function watchClose(socket) {
  socket.on('close', () => gone.add(socket));
}

/**
 * Wait until a stream has emitted 'close', at once when it already has (and was tracked by then);
 * errors do not reject.
 *
 * @param {import('stream').Duplex | import('net').Server} emitter
 * @returns {Promise<void>}
 */
function closed(emitter) {
  return new Promise((resolve) => {
    if (gone.has(emitter) && emitter.destroyed) return resolve();
    emitter.on('error', () => {});
    emitter.once('close', () => resolve());
  });
}

/**
 * Read a stream to its end.
 *
 * @param {import('stream').Readable} stream
 * @param {BufferEncoding} [encoding] gives a string instead of a Buffer
 * @returns {Promise<any>} all of its bytes; rejects with the stream's error
 */
function collect(stream, encoding) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    stream.once('error', reject);
    stream.once('end', () => {
      const all = Buffer.concat(chunks);
      resolve(encoding ? all.toString(encoding) : all);
    });
  });
}

/**
 * Read until at least so many bytes (or characters, with an encoding set) have arrived. The stream flows on.
 *
 * @param {import('stream').Readable} stream
 * @param {number} length
 * @returns {Promise<Buffer>}
 */
function receive(stream, length) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    const onData = (chunk) => {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size < length) return;
      stream.removeListener('data', onData);
      stream.removeListener('error', reject);
      resolve(Buffer.concat(chunks));
    };
    stream.on('data', onData);
    stream.once('error', reject);
  });
}

/**
 * Let everything that is queued on the JS thread (ticks, microtasks, immediates) run.
 *
 * @param {number} [turns=1] turns of the event loop
 * @returns {Promise<void>}
 */
async function turn(turns = 1) {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * What a call throws, or undefined when it does not.
 *
 * @param {() => unknown} call
 * @returns {Error | undefined}
 */
function thrownBy(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

module.exports = { closed, collect, once, receive, thrownBy, turn, watchClose };
