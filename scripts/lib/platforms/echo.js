'use strict';

// A program of a user who has installed rsnet: 1 MiB goes to a server and back, over TCP and over a Unix-domain socket.
// It is copied into the user's project, so it requires nothing but rsnet and Node.

const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const net = require('rsnet');

const SIZE = 1024 * 1024;

/**
 * Sends bytes to a server that sends them back.
 * @param {object} where the server listens
 */
async function echo(where) {
  const server = net.createServer((peer) => peer.pipe(peer)).listen(where);
  await once(server, 'listening');
  const socket = net.connect(where.path ? where : { ...where, port: server.address().port });
  const sent = randomBytes(SIZE);
  socket.end(sent);
  const received = [];
  for await (const chunk of socket) received.push(chunk);
  if (!Buffer.concat(received).equals(sent)) throw new Error(`${JSON.stringify(where)}: other bytes came back`);
  server.close();
  await once(server, 'close');
}

/** Echoes in both families, and says on what. */
async function main() {
  if (net.engine !== 'rsnet') throw new Error(`the engine is ${net.engine}`);
  await echo({ port: 0, host: '127.0.0.1' });
  await echo({ path: path.join(os.tmpdir(), `rsnet-echo-${process.pid}.sock`) });
  const { platform, arch, version } = process;
  console.log(`${platform} ${arch}, Node ${version}: 1 MiB over TCP and over a Unix-domain socket`);
}

main();
