'use strict';

// Recognises a pipe that Node's `readable.pipe` has made, and that nothing else observes.

const { EventEmitter } = require('events');
const { Duplex, Readable, Writable } = require('stream');
const { probe } = require('./capabilities');

const { listenerCount, rawListeners } = EventEmitter.prototype;
const textOf = (value) => Function.prototype.toString.call(value);

/** The functions that a pipe runs through for each chunk, as they were when rsnet was loaded. */
const chunkPath = /** @type {Array<[object: *, name: string]>} */ ([
  [EventEmitter.prototype, 'emit'], [Readable.prototype, 'push'], [Readable.prototype, 'pause'],
  [Readable.prototype, 'resume'], [Writable.prototype, 'write'], [Duplex.prototype, 'write'],
]).map(([object, name]) => ({ object, name, value: object[name] }));

/** Whether they were Node's own then. A tool that was loaded before may have replaced them. */
const wasStock = Duplex.prototype.write === Writable.prototype.write &&
  textOf(EventEmitter.prototype.emit).startsWith('function emit(type, ...args)');

/** The texts of the listeners that a pipe adds: for 'data', and for 'drain' once the destination is full. */
let texts;

/** @returns {{data: string, drain: string}|false} false: Node's pipe is another one than rsnet knows */
function findTexts() {
  const from = new Readable({ read() {} });
  const to = new Writable({ highWaterMark: 1, write() {} });
  from.pipe(to);
  const [onData, ...others] = from.rawListeners('data');
  onData(Buffer.from('full'));
  const [onDrain, ...more] = to.rawListeners('drain');
  const { pipes, flowing, awaitDrainWriters } = from._readableState;
  const isKnown = onData.name === 'ondata' && others.length === 0 && more.length === 0 && pipes.length === 1 &&
    pipes[0] === to && flowing === false && awaitDrainWriters === to;
  from.unpipe(to);
  return isKnown && { data: textOf(onData), drain: textOf(onDrain) };
}

/** @returns {boolean} whether streams pass chunks on by Node's own functions */
function hasStockStreams() {
  return wasStock && chunkPath.every(({ object, name, value }) => object[name] === value);
}

/**
 * @param {EventEmitter} emitter
 * @param {string} event
 */
function listenersOf(emitter, event) {
  return rawListeners.call(emitter, event);
}

/** Events by which a program would see what a pipe does to its source and its destination. */
const SEEN_AT_SOURCE = ['readable', 'pause', 'resume', 'newListener', 'removeListener'];
const SEEN_AT_DESTINATION = ['newListener', 'removeListener'];

/**
 * @param {import('stream').Duplex} from
 * @returns {import('stream').Writable|undefined} the only one that gets its chunks, if that is by Node's pipe, and
 *   neither waits for the other
 */
function pipedTo(from) {
  const { pipes, flowing, length, awaitDrainWriters, ended, destroyed, objectMode } = from._readableState;
  if (!Array.isArray(pipes) || pipes.length !== 1 || flowing !== true || length !== 0) return undefined;
  if (awaitDrainWriters !== null || ended || destroyed || objectMode) return undefined;
  if (from.readableEncoding !== null) return undefined;
  texts ??= probe('pipes', findTexts) ?? {};
  const [to] = pipes;
  const data = listenersOf(from, 'data');
  if (data.length !== 1 || textOf(data[0]) !== texts.data || !hasStockStreams()) return undefined;
  if (SEEN_AT_SOURCE.some((event) => listenerCount.call(from, event) > 0)) return undefined;
  if (SEEN_AT_DESTINATION.some((event) => listenerCount.call(to, event) > 0)) return undefined;
  return listenersOf(to, 'drain').every((listener) => textOf(listener) === texts.drain) ? to : undefined;
}

/**
 * @param {import('stream').Duplex} to
 * @returns {boolean} whether it takes bytes, and has sent all that it got
 */
function isQuiet(to) {
  const { length, corked, ending, destroyed, errored, needDrain, objectMode } = to._writableState;
  return length === 0 && corked === 0 && !ending && !destroyed && !errored && !needDrain && !objectMode;
}

module.exports = { hasStockStreams, isQuiet, pipedTo };
