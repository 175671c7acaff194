'use strict';

// `net.sendFile`: a file as the body of an HTTP response.
//
// The response sends its headers. Once those have left its queue, the file goes to the socket below it, and then the
// response ends. Where that cannot be done (HTTP/2, chunked encoding, a `write` that somebody has replaced), the file
// is piped into the response.

const { pipeline } = require('stream/promises');
const { AbortError, codes } = require('../node/errors');
const {
  READ_SIZE, checkedPart, openPart, promised, truncatedError,
} = require('./file-part');
const { goneError, queueFile, refusal } = require('./send-file');

/** `NGHTTP2_INTERNAL_ERROR`: a stream that was destroyed without a code looks complete to its peer. */
const INTERNAL_ERROR = 2;

/** One range of RFC 9110 in bytes: from, to. */
const RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * @param {*} response
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function checkResponse(response) {
  const isResponse = ['end', 'hasHeader', 'setHeader', 'write'].every((name) => typeof response?.[name] === 'function');
  if (!isResponse) throw new codes.ERR_INVALID_ARG_TYPE('response', 'ServerResponse', response);
}

/**
 * @param {Options} options
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
function checkRange({ range, start, end }) {
  if (range === undefined) return;
  if (typeof range !== 'boolean' && typeof range !== 'string') {
    throw new codes.ERR_INVALID_ARG_TYPE('options.range', ['boolean', 'string'], range);
  }
  if (range !== false && (start !== undefined || end !== undefined)) {
    throw new codes.ERR_INVALID_ARG_VALUE('options.range', range, 'cannot be combined with start and end');
  }
}

/**
 * @param {AnyResponse} response
 * @returns {boolean} whether its validator is the one that the request's `If-Range` names, if there is such
 */
function isSameVersion(response) {
  const wanted = /** @type {string|undefined} */ (response.req?.headers['if-range']);
  if (wanted === undefined) return true;
  const own = response.getHeader(wanted.includes('"') ? 'etag' : 'last-modified');
  // A weak validator says nothing of bytes.
  return own === wanted && !wanted.startsWith('W/');
}

/**
 * @param {AnyResponse} response
 * @param {boolean|string|undefined} range the option
 * @returns {string|undefined} the header's value, if one range may be sent
 */
function wantedRange(response, range) {
  if (typeof range === 'string') return range;
  const { method, headers } = response.req ?? {};
  return range === true && method === 'GET' && isSameVersion(response) ? headers.range : undefined;
}

/**
 * @param {string|undefined} header
 * @param {number} size of the file
 * @returns {{start: number, end: number}|null|undefined} null where none of these bytes exist; undefined where the
 *   whole file is to be sent
 */
function parsedRange(header, size) {
  const [, first, last] = RANGE.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const count = Number(last);
    return count === 0 || size === 0 ? null : { start: Math.max(0, size - count), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? null : { start, end };
}

/**
 * Narrows the file to the range that was asked for, and says so in the headers.
 *
 * @param {AnyResponse} response
 * @param {FilePart} part
 * @param {boolean|string|undefined} option
 */
function applyRange(response, part, option) {
  if (!option || !part.isRegular || response.statusCode !== 200 || response.headersSent) return;
  const { size } = part;
  response.setHeader('Accept-Ranges', 'bytes');
  const range = parsedRange(wantedRange(response, option), size);
  if (range === undefined) return;
  if (range === null) {
    response.statusCode = 416;
    response.setHeader('Content-Range', `bytes */${size}`);
    part.limit(0, -1);
    return;
  }
  response.statusCode = 206;
  response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  part.limit(range.start, range.end);
}

/**
 * @param {AnyResponse} response
 * @returns {boolean} whether HTTP allows it a body
 */
function hasBody({ req, statusCode }) {
  return req?.method !== 'HEAD' && statusCode >= 200 && statusCode !== 204 && statusCode !== 304;
}

/**
 * Sets the headers that tell the length, if there is no other way to know it.
 *
 * @param {AnyResponse} response
 * @param {FilePart} part
 */
function setLength(response, { isRegular, length }) {
  if (response.headersSent || response.statusCode === 204 || response.statusCode === 304) return;
  if (!isRegular || response.hasHeader('content-length') || response.hasHeader('transfer-encoding')) return;
  // Only chunked encoding has trailers.
  if (response.hasHeader('trailer')) return;
  response.setHeader('Content-Length', length);
}

/**
 * @param {AnyResponse} response
 * @param {FilePart} part
 * @returns {Socket|undefined} the socket that the file can be written to, below the response
 */
function socketBelow(response, part) {
  const socket = response.socket ?? response.req?.socket;
  if (typeof socket?._writeGeneric !== 'function' || !part.isRegular) return undefined;
  const { prototype } = require('http').ServerResponse;
  const isPlain = ['write', 'end', '_send', '_writeRaw'].every((name) => response[name] === prototype[name]);
  if (!isPlain || response.chunkedEncoding || response.hasHeader('transfer-encoding')) return undefined;
  // Node compares this header with the bytes that it has written itself.
  const isRight = !response.strictContentLength || Number(response.getHeader('content-length')) === part.length;
  return isRight ? /** @type {Socket} */ (socket) : undefined;
}

/** The functions that wait for the end of a socket, which has one listener for all responses to pipelined requests. */
const waiting = new WeakMap();

/**
 * @param {Socket} socket
 * @param {() => void} onClose called when it closes
 * @returns {() => void} undoes that
 */
function watchClose(socket, onClose) {
  const all = new Set();
  const watch = waiting.get(socket) ?? { all, listener: () => all.forEach((each) => each()) };
  if (watch.all.size === 0) {
    waiting.set(socket, watch);
    socket.on('close', watch.listener);
  }
  watch.all.add(onClose);
  return () => {
    if (watch.all.delete(onClose) && watch.all.size === 0) socket.off('close', watch.listener);
  };
}

/**
 * Waits until a response has handed its headers, and all that was written to it before, to its socket.
 *
 * @param {AnyResponse} response
 * @param {Socket} socket which an earlier response may still use
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function flushed(response, socket, signal) {
  return new Promise((resolve, reject) => {
    const unwatch = watchClose(socket, () => done(goneError(socket)));
    const onAbort = () => done(new AbortError(signal?.reason));
    const done = (error) => {
      unwatch();
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    response.write('', 'latin1', done);
  });
}

/**
 * @param {AnyResponse} response
 * @param {Socket} socket
 * @param {FilePart} part
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>} how many bytes were sent
 */
async function sendBelow(response, socket, part, signal) {
  await flushed(response, socket, signal);
  if (signal?.aborted) throw new AbortError(signal.reason);
  if (response.destroyed || socket.destroyed) throw goneError(socket);
  // The program may have taken the length out.
  if (response.chunkedEncoding) return pipeInto(response, part, signal);
  const sent = await queueFile(socket, Promise.resolve(part), signal);
  const { strictContentLength } = response;
  // Node does not know of these bytes.
  response.strictContentLength = false;
  if (!response.writableEnded) response.end();
  response.strictContentLength = strictContentLength;
  return sent;
}

/**
 * A stream of fs would close a descriptor of the program's when it is destroyed.
 *
 * @param {FilePart} part
 * @param {(count: number) => void} count is told of the bytes
 * @yields {Buffer} each read
 */
async function* chunksOf(part, count) {
  for (let done = 0; ;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_SIZE, part.length - done));
    const bytes = await promised((callback) => part.read(buffer, done, callback));
    if (bytes === 0) return;
    done += bytes;
    count(bytes);
    yield buffer.subarray(0, bytes);
  }
}

/**
 * @param {AnyResponse} response
 * @param {FilePart} part
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>} how many bytes were sent
 */
async function pipeInto(response, part, signal) {
  let sent = 0;
  const chunks = chunksOf(part, (bytes) => { sent += bytes; });
  await pipeline(chunks, response, { end: false, signal });
  if (part.isCounted && sent < part.length) throw truncatedError(part, sent);
  response.end();
  return sent;
}

/**
 * @param {AnyResponse} response
 * @returns {Error|undefined} why nothing gets to its peer any more. Node does not tell a response that waits behind
 *   another one of its connection.
 */
function refusalBelow(response) {
  const socket = response.socket ?? response.req?.socket;
  return socket?.destroyed ? goneError(socket) : undefined;
}

/**
 * @param {AnyResponse} response of which not all is sent
 */
function destroy(response) {
  if (response.stream) response.stream.close(INTERNAL_ERROR);
  else response.destroy();
}

/**
 * @param {AnyResponse} response
 * @param {Promise<FilePart>} opening
 * @param {object} options
 * @param {boolean|string} [options.range]
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<number>} how many bytes of the file were sent
 */
async function respond(response, opening, { range, signal }) {
  let part;
  let hasBegun = false;
  try {
    part = await opening;
    if (signal?.aborted) throw new AbortError(signal.reason);
    const problem = refusal(response) ?? refusalBelow(response);
    if (problem) throw problem;
    hasBegun = true;
    // Its headers promise no bytes that a file does not say it has.
    if (part.isRegular && !part.isCounted) part.limit(0, -1);
    applyRange(response, part, range);
    setLength(response, part);
    if (!hasBody(response) || (part.isRegular && part.length === 0)) {
      response.end();
      return 0;
    }
    // As `end` does. A corked response takes no more than its buffer has room for.
    while (response.writableCorked > 0) response.uncork();
    const socket = socketBelow(response, part);
    if (socket !== undefined) return await sendBelow(response, socket, part, signal);
    return await pipeInto(response, part, signal);
  } catch (error) {
    // The peer waits for what the headers have promised. What the program has ended itself goes on.
    if (response.headersSent && (hasBegun || !response.writableEnded)) destroy(response);
    throw error;
  } finally {
    part?.close();
  }
}

/**
 * `net.sendFile`: sends a file, or a part of it, as the body of a response, and ends the response.
 *
 * @param {AnyResponse} response
 * @param {*} file a path, a descriptor or a FileHandle
 * @param {object} [options]
 * @param {number} [options.start] the first byte
 * @param {number} [options.end] the last byte
 * @param {boolean|string} [options.range] true: the part that the request's `Range` asks for; or such a header
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<number>} how many bytes of the file were sent
 * @throws {TypeError|RangeError} for bad arguments
 */
function sendFile(response, file, options) {
  checkResponse(response);
  const wanted = checkedPart(file, options);
  checkRange(options ?? {});
  const { signal } = wanted;
  const problem = signal?.aborted ? new AbortError(signal.reason) : refusal(response);
  if (problem) return Promise.reject(problem);
  return respond(response, openPart(wanted), { range: options?.range, signal });
}

module.exports = { sendFile };
