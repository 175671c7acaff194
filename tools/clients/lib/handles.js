'use strict';

/** Sockets and servers of several kinds, open, for tools that list what keeps a process alive. */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { stripVTControlCharacters } = require('node:util');

// The built-in makes them, and keeps a handle for each, when a socket is destroyed.
void process.stdout;
void process.stderr;

/** Some turns of the event loop, so that nothing is under way. */
async function settle() {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => { setImmediate(resolve); });
}

/**
 * Opens servers for TCP, a path and HTTP, a connection to each, and one server that is unref'd.
 *
 * @returns {Promise<{close: function(): Promise<void>}>}
 */
async function openAll() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-handles-'));
  const tcp = net.createServer((socket) => socket.resume());
  const unix = net.createServer((socket) => socket.resume());
  const web = http.createServer((_request, response) => response.end('hello'));
  const quiet = net.createServer();
  tcp.listen(0, '127.0.0.1');
  unix.listen(path.join(folder, 'socket'));
  web.listen(0, '127.0.0.1');
  quiet.listen(0, '127.0.0.1').unref();
  await Promise.all([tcp, unix, web, quiet].map((server) => once(server, 'listening')));

  const client = net.connect(tcp.address().port, '127.0.0.1');
  const unixClient = net.connect(unix.address());
  await Promise.all([client, unixClient].map((socket) => once(socket, 'connect')));
  const agent = new http.Agent({ keepAlive: true });
  const request = http.get({ port: web.address().port, host: '127.0.0.1', agent });
  const [response] = await once(request, 'response');
  await once(response.resume(), 'end');
  await settle();

  return {
    async close() {
      client.destroy();
      unixClient.destroy();
      agent.destroy();
      for (const server of [tcp, unix, web, quiet]) server.close();
      await Promise.all([tcp, unix, web, quiet].map((server) => once(server, 'close')));
      fs.rmSync(folder, { recursive: true });
      await settle();
    },
  };
}

/**
 * Leaves out of a tool's line what differs from run to run.
 *
 * @param {string} line
 * @returns {string}
 */
function steady(line) {
  return stripVTControlCharacters(line).replace(/rsnet-handles-\w+/g, 'FOLDER')
    .replace(/\b(fd:?|_idleStart:|(?:async_id_symbol|asyncId|triggerId)\)\]?:) \d+/g, '$1 N')
    .replace(/\b\d{4,5}\b/g, 'N').trim();
}

module.exports = { openAll, settle, steady };
