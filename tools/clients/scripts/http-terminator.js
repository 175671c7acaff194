'use strict';
// packages: http-terminator

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { createHttpTerminator } = require('http-terminator');
const { main, report, tls } = require('../kit');

/**
 * Requests that are under way, and idle connections, when the server is terminated.
 * @param {string} name
 * @param {typeof http} scheme
 * @param {http.Server} server
 */
async function terminate(name, scheme, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: 2000 });
  const agent = new scheme.Agent({ keepAlive: true, ca: tls().ca });
  const ask = async (path) => {
    const request = scheme.get({ host: 'localhost', family: 4, port: server.address().port, path, agent });
    const [response] = await once(request, 'response');
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    const { statusCode: status, headers: { connection } } = response;
    return { status, connection, text: Buffer.concat(chunks).toString() };
  };
  await report(`${name}: idle`, ask('/at-once'));
  const begun = once(server, 'slow');
  const slow = ask('/slow');
  const [answer] = await begun;
  const terminated = terminator.terminate();
  const closed = once(server, 'close');
  answer();
  await report(`${name}: under way`, slow.then(({ status, text }) => ({ status, text })));
  await report(`${name}: terminated`, terminated.then(() => 'done'));
  await report(`${name}: closed`, closed.then(() => server.listening));
  agent.destroy();
}

/**
 * Answers at once, or when the program says so.
 * @this {http.Server}
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
function serve(request, response) {
  if (request.url === '/slow') this.emit('slow', () => response.end('late'));
  else response.end('early');
}

main(async () => {
  const { cert, key } = tls();
  await terminate('http', http, http.createServer(serve));
  await terminate('https', https, https.createServer({ cert, key }, serve));
});
