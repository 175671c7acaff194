'use strict';

/** What the programs in scripts/ share: where the servers are, and how findings are reported. */

const { createHash } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { text } = require('node:stream/consumers');

/** What each server's start() gave, by the server's name. */
const servers = JSON.parse(process.env.CLIENT_SERVERS ?? '{}');

let requests = 0;

/**
 * A Buffer in few characters.
 * @param {Uint8Array|string} content
 * @returns {{length: number, sha256: string}} its length in bytes and its hash in hexadecimal
 */
function digest(content) {
  const buffer = typeof content === 'string' ? Buffer.from(content) : content;
  return { length: buffer.length, sha256: createHash('sha256').update(buffer).digest('hex') };
}

/**
 * Content that cannot be compressed and is the same on each run.
 * @param {number} length in bytes
 * @param {number} [seed] another number gives other content
 * @returns {Buffer}
 */
function bytes(length, seed = 1) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state >>> 0;
  }
  return Buffer.from(words.buffer, 0, length);
}

/**
 * What is printed for a value that JSON does not know.
 * @param {string} _key of the value in its object
 * @param {unknown} value after its toJSON
 * @returns {unknown} something for JSON
 */
function plain(_key, value) {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof Error) {
    const { name, code, message } = value;
    return { error: name, code, message };
  }
  // Before this is called, toJSON has made this of a Buffer.
  if (value?.type === 'Buffer' && Array.isArray(value.data)) return digest(Buffer.from(value.data));
  return value;
}

/**
 * Print one finding as a line of JSON.
 * @param {string} step its name
 * @param {unknown} [value] or a promise of it; an Error and a rejection are printed as name, code and message
 * @returns {Promise<unknown>} the value; undefined where the promise was rejected
 */
async function report(step, value) {
  let found;
  let result;
  try {
    found = await value;
    result = Buffer.isBuffer(found) ? digest(found) : found;
  } catch (error) {
    result = error;
  }
  fs.writeSync(1, `${JSON.stringify({ step, value: result }, plain)}\n`);
  return found;
}

/**
 * Ask the runner for something and wait until it is done.
 * @param {'start'|'stop'} action
 * @param {string} server its name
 * @returns {Promise<void>} rejects with what the runner could not do
 */
function ask(action, server) {
  const id = ++requests;
  return new Promise((resolve, reject) => {
    /**
     * Takes the runner's answers; listening keeps the process alive until this one is there.
     * @param {{id: number, error?: string}} answer
     */
    function onMessage(answer) {
      if (answer.id !== id) return;
      process.removeListener('message', onMessage);
      if (answer.error === undefined) resolve();
      else reject(new Error(answer.error));
    }
    process.on('message', onMessage);
    process.send({ id, action, server });
  });
}

/**
 * Stop a server and all its connections.
 * @param {string} name
 * @returns {Promise<void>} when its process has ended
 */
function stopServer(name) { return ask('stop', name); }

/**
 * Start a server that was stopped, on the same port and path.
 * @param {string} name
 * @returns {Promise<void>} when it accepts connections
 */
function startServer(name) { return ask('start', name); }

/**
 * Wait for an event; an 'error' that comes first is no reason to give up, as it is for `events.once`.
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} name
 * @returns {Promise<unknown>} its first argument
 */
function event(emitter, name) {
  return new Promise((resolve) => { emitter.once(name, resolve); });
}

/**
 * One request by Node's own client.
 * @param {string} url
 * @param {object} [options]
 * @param {string|Buffer} [body]
 * @returns {Promise<{status: number, type: string|undefined, text: string}>}
 */
async function httpRequest(url, options = {}, body = undefined) {
  const request = (url.startsWith('https:') ? https : http).request(url, options).end(body);
  const [response] = await once(request, 'response');
  const { statusCode: status, headers } = response;
  return { status, type: headers['content-type'], text: await text(response) };
}

/**
 * A certificate for `localhost` and `127.0.0.1`.
 * @returns {{ca: Buffer, cert: Buffer, key: Buffer}} PEM
 */
function tls() {
  const paths = JSON.parse(process.env.CLIENT_TLS);
  return { ca: fs.readFileSync(paths.ca), cert: fs.readFileSync(paths.cert), key: fs.readFileSync(paths.key) };
}

/**
 * Run a program; what it throws is reported and sets the exit status.
 * @param {() => Promise<void>} program
 */
function main(program) {
  program().then(() => report('end'), (error) => {
    process.exitCode = 1;
    process.stderr.write(`${error?.stack ?? error}\n`);
    return report('failed', error);
  });
}

module.exports = { bytes, digest, event, httpRequest, main, report, servers, startServer, stopServer, tls };
