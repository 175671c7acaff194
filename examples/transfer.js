'use strict';

// Sends a real file through rsnet and the built-in net, combined in every way, and proves that every byte
// arrived:
//
//   node examples/transfer.js [file]      (the running node binary by default)
//
// Each leg runs over TCP and over a Unix-domain socket. The receiver answers with the SHA-256 of what it got,
// the sender compares it with that of what it read; in the echo leg the sender hashes what comes back.

const { createHash } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const builtin = require('net');
const rsnet = require('rsnet');
const { Progress, megabytes } = require('./lib/progress');

/** A leg that moves nothing for so long (milliseconds) has failed. */
const STALL = 30000;

/**
 * One way through which the file is sent.
 * @typedef {object} Leg
 * @property {string} name shown to the user
 * @property {typeof import('net')} client module of the sending end
 * @property {typeof import('net')} server module of the receiving end
 * @property {boolean} [echo] the server sends everything back, instead of its SHA-256
 */

/** @type {Leg[]} */
const LEGS = [
  { name: 'rsnet -> rsnet', client: rsnet, server: rsnet },
  { name: 'rsnet -> built-in', client: rsnet, server: builtin },
  { name: 'built-in -> rsnet', client: builtin, server: rsnet },
  { name: 'rsnet -> rsnet, echo', client: rsnet, server: rsnet, echo: true },
];

/**
 * Take in everything a client sends, then answer with its SHA-256 and length.
 * @param {import('net').Socket} socket an accepted connection that may be half open
 */
async function digest(socket) {
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  await once(socket, 'end');
  socket.end(`${hash.digest('hex')} ${bytes}`);
}

/**
 * Send a file over one connection.
 * @param {import('net').Socket} socket connected to the receiver
 * @param {string} file path
 * @param {(bytes: number) => void} count told how long each chunk is
 * @returns {Promise<{sha256: string, bytes: number}>} what was sent, once all of it is handed to the system
 */
async function send(socket, file, count) {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 18 }), async function* (source) {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      count(chunk.length);
      yield chunk;
    }
  }, socket);
  return { sha256: hash.digest('hex'), bytes };
}

/**
 * Receive what the other end makes of the file.
 * @param {import('net').Socket} socket connected to the receiver
 * @param {boolean} echo whether the file itself comes back
 * @param {(bytes: number) => void} count told how long each chunk of the file is
 * @returns {Promise<{sha256: string, bytes: number}>} what the other end got
 */
async function receive(socket, echo, count) {
  const hash = createHash('sha256');
  let bytes = 0;
  let answer = '';
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (echo) {
      hash.update(chunk);
      count(chunk.length);
    } else {
      answer += chunk.toString('latin1');
    }
  });
  await once(socket, 'end');
  if (echo) return { sha256: hash.digest('hex'), bytes };
  const [sha256, length] = answer.split(' ');
  return { sha256, bytes: Number(length) };
}

/**
 * Send a file through one leg and check that it arrived.
 * @param {Leg} leg the two ends
 * @param {string|number} address where to listen: path of a Unix-domain socket, or 0 for a TCP port
 * @param {string} file path of the file
 * @param {(bytes: number) => void} onBytes told how many bytes have been moved so far, both ways together
 * @returns {Promise<number>} bytes that were moved, both ways together
 * @throws {Error} when the other end got something else, or nothing moves any more, or a socket fails
 */
async function transfer(leg, address, file, onBytes) {
  const failure = deferred();
  let moved = 0;
  const count = (bytes) => {
    moved += bytes;
    onBytes(moved);
  };
  const server = leg.server.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', failure.reject);
    if (leg.echo) socket.pipe(socket);
    else digest(socket).catch(failure.reject);
  });
  server.on('error', failure.reject);
  if (typeof address === 'string') server.listen(address);
  else server.listen(address, '127.0.0.1');
  await Promise.race([once(server, 'listening'), failure.promise]);

  const bound = server.address();
  const socket = leg.client.connect(typeof bound === 'string' ? { path: bound } : { port: bound.port });
  socket.on('error', failure.reject);
  socket.setTimeout(STALL, () => socket.destroy(new Error(`nothing moved for ${STALL / 1000} seconds`)));
  try {
    const both = Promise.all([send(socket, file, count), receive(socket, leg.echo === true, count)]);
    const [sent, got] = await Promise.race([both, failure.promise]);
    if (sent.sha256 !== got.sha256 || sent.bytes !== got.bytes) {
      throw new Error(`sent ${sent.bytes} bytes with SHA-256 ${sent.sha256}, ` +
        `but ${got.bytes} bytes with SHA-256 ${got.sha256} arrived`);
    }
    return moved;
  } finally {
    socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  }
}

/**
 * A promise that can only be rejected, from outside (Promise.withResolvers is not in Node 20).
 * @returns {{promise: Promise<never>, reject: (error: Error) => void}} the promise, and what rejects it
 */
function deferred() {
  let reject;
  const promise = new Promise((_resolve, fail) => { reject = fail; });
  return { promise, reject };
}

/**
 * Send a file through all legs, showing how it goes.
 * @param {string} file path of the file
 * @throws {Error} that says which leg failed, and why
 */
async function main(file) {
  const stat = fs.statSync(file);
  if (!stat.isFile()) throw new Error(`${file} is not a file`);
  console.log(`${file}: ${megabytes(stat.size)} MB`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  for (const leg of LEGS) {
    for (const [transport, address] of [['TCP', 0], ['Unix', path.join(folder, 'socket')]]) {
      const title = `${leg.name}, ${transport}`;
      const progress = new Progress(title, leg.echo ? 2 * stat.size : stat.size);
      try {
        progress.end(await transfer(leg, address, file, (moved) => progress.update(moved)));
      } catch (error) {
        progress.abandon();
        throw new Error(`${title}: ${error.message}`, { cause: error });
      }
    }
  }
  console.log(`All ${LEGS.length * 2} transfers arrived complete: every SHA-256 is the same at both ends.`);
  console.log('Hashing takes most of the time. "npm run bench" measures how fast rsnet is.');
}

if (require.main === module) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  // Nobody reads on, as behind `| head`.
  process.stdout.on('error', () => process.exit(1));
  main(process.argv[2] ?? process.execPath).catch((error) => {
    console.error(`transfer failed: ${error.message}`);
    process.exit(1);
  });
}

module.exports = { transfer };
