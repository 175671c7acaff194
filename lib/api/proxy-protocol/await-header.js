'use strict';

// Holds a connection that a server has accepted until its PROXY header is read.
//
// The Socket gets a `push` of its own for that time. So its stream stays as that of a new connection, and nothing here
// depends on how the handle reads.

const { applyHeader } = require('./addresses');
const { clearTimeout, setTimeout } = require('../../node/captured');
const { proxyError } = require('./errors');
const { pushAndWait } = require('../../node/plain-flow');
const { parseHeader } = require('./parse');

/** The connections of a server that wait, as functions that end them with an error, the oldest first. */
const waitingOf = new WeakMap();

/** Bytes of the memory that collects a header in pieces. Most headers fit. */
const USUAL_HEADER = 256;

/**
 * Collects the first bytes of a connection.
 *
 * @param {number} limit bytes that a header may have
 * @returns {{bytes: Buffer, take: (chunk: Buffer) => {parsed: import('./parse').Parsed, seen: Buffer}}} what was
 *   collected, and a function that adds to it and parses
 */
function collector(limit) {
  let memory;
  let length = 0;
  let needed = 0;
  return {
    get bytes() { return memory ? memory.subarray(0, length) : Buffer.alloc(0); },
    take(chunk) {
      // Most headers come in one piece.
      let seen = chunk;
      if (memory) {
        if (length + chunk.length > memory.length) {
          memory = Buffer.concat([memory.subarray(0, length), chunk], Math.max(needed, length + chunk.length));
        } else {
          memory.set(chunk, length);
        }
        length += chunk.length;
        if (length < needed) return { parsed: { state: 'more', isHeader: true }, seen };
        seen = memory.subarray(0, length);
      }
      const parsed = parseHeader(seen, limit);
      if (parsed.state !== 'more') return { parsed, seen };
      needed = /** @type {number} */ (parsed.needed);
      if (!memory) {
        // The chunk may be a small part of a large piece of memory.
        memory = Buffer.allocUnsafeSlow(Math.max(needed, USUAL_HEADER, chunk.length));
        memory.set(chunk);
        ({ length } = chunk);
      }
      return { parsed, seen };
    },
  };
}

/**
 * Lets a handle that is not to be read from read nevertheless.
 *
 * @param {AnyHandle} handle
 * @param {boolean} isOn
 */
function setReading(handle, isOn) {
  handle.reading = isOn;
  if (isOn) handle.readStart();
  else handle.readStop();
}

/**
 * Ends the connection that has waited the longest, if there are too many.
 *
 * @param {Set<(error: Error) => void>} waiting
 * @param {number} max
 */
function makeRoom(waiting, max) {
  if (waiting.size <= max) return;
  const [endOldest] = waiting;
  endOldest(proxyError('ERR_PROXY_PROTOCOL_OVERLOAD'));
}

/**
 * @param {Server} server
 * @returns {Set<(error: Error) => void>} as `waitingOf`
 */
function waitingList(server) {
  let waiting = waitingOf.get(server);
  if (waiting === undefined) waitingOf.set(server, waiting = new Set());
  return waiting;
}

/** The error for each outcome of the parser that ends a connection. */
const FAILURES = {
  absent: 'ERR_PROXY_PROTOCOL_MISSING',
  invalid: 'ERR_PROXY_PROTOCOL_INVALID',
  large: 'ERR_PROXY_PROTOCOL_TOO_LARGE',
};

/**
 * Reads the header of a connection.
 *
 * @param {Server} server
 * @param {Socket} socket that it has just accepted
 * @param {Options} settings of the server
 * @param {() => void} announce emits 'connection'; never called if the connection ends before that
 */
function awaitHeader(server, socket, settings, announce) {
  const { _handle: handle } = socket;
  if (!handle) {
    socket.destroy();
    return;
  }
  const { mode, timeout, silence, maxLength, maxWaiting } = settings;
  const isOptional = mode === 'optional';
  const waiting = waitingList(server);
  const collected = collector(maxLength);
  const isPaused = !handle.reading;
  let hasSignature = false;
  let timer;

  const stop = () => {
    clearTimeout(timer);
    waiting.delete(fail);
    delete /** @type {Partial<Socket>} */ (socket).push;
    socket.removeListener('finish', onFinish);
    socket.removeListener('close', stop);
    socket.removeListener('error', onError);
  };
  const fail = (error) => {
    // Later the address can't be had any more.
    socket._getpeername();
    stop();
    socket.destroy();
    server.emit('proxyError', error, socket);
  };
  // Whoever ends a connection that waits has no more use for it.
  const onFinish = () => {
    stop();
    socket.destroy();
  };
  const onError = (error) => {
    stop();
    server.emit('proxyError', error, socket);
  };
  const finish = (rest, header) => {
    stop();
    if (header) applyHeader(socket, header);
    if (isPaused) setReading(handle, false);
    // TLS looks for bytes in the stream as soon as it gets the Socket.
    if (rest.length > 0 && isPaused) pushAndWait(socket, rest);
    else if (rest.length > 0) socket.push(rest);
    announce();
    return socket._handle !== handle || socket.readableLength < socket.readableHighWaterMark;
  };
  const onEnd = () => {
    if (!isOptional || hasSignature) {
      fail(proxyError('ERR_PROXY_PROTOCOL_ENDED'));
      return false;
    }
    finish(collected.bytes);
    return socket.push(null);
  };
  const onTime = () => {
    // 'close' is still to come.
    if (socket.destroyed) return;
    if (isOptional && !hasSignature) finish(collected.bytes);
    else fail(proxyError('ERR_PROXY_PROTOCOL_TIMEOUT'));
  };
  const wait = (time) => {
    clearTimeout(timer);
    timer = setTimeout(onTime, time);
    // The connection keeps the process alive, if it is to.
    timer.unref();
  };

  waiting.add(fail);
  socket.on('finish', onFinish);
  socket.on('close', stop);
  socket.on('error', onError);
  Object.defineProperty(socket, 'push', {
    value(chunk) {
      if (chunk === null) return onEnd();
      if (chunk.length === 0) return true;
      const { parsed, seen } = collected.take(chunk);
      const { state } = parsed;
      if (state === 'done') return finish(seen.subarray(parsed.length), parsed.header);
      if (state === 'absent' && isOptional) return finish(seen);
      if (state === 'more') {
        if (!hasSignature && parsed.isHeader && isOptional) wait(timeout);
        hasSignature ||= parsed.isHeader === true;
        return true;
      }
      fail(proxyError(FAILURES[state], parsed.reason));
      return false;
    },
    writable: true,
    configurable: true,
  });
  wait(isOptional ? silence : timeout);
  if (isPaused) setReading(handle, true);
  // Last, because a listener of 'proxyError' may throw.
  makeRoom(waiting, maxWaiting);
}

module.exports = { awaitHeader };
