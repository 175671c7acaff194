'use strict';

const fs = require('node:fs');
const http = require('node:http');
const { servers } = require('../kit');
const { hash } = require('./work');

/** How often /flaky/NAME is unavailable before it works. */
const FLAKY = 2;

/** What each path does; the rest of the path is its argument. */
const routes = {
  /** Tells what was sent. */
  async echo(request, response) {
    const body = await hash(request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, ...body }));
  },
  /** Sends back what it gets, while it gets it. */
  mirror(request, response) { request.pipe(response); },
  /** Answers by that status. */
  status(request, response, argument) {
    response.statusCode = Number(argument);
    request.resume().on('end', () => response.end(`status ${argument}`));
  },
  /** Is unavailable a few times. */
  flaky(request, response, argument, state) {
    const times = (state.get(argument) ?? 0) + 1;
    state.set(argument, times);
    response.statusCode = times > FLAKY ? 200 : 503;
    request.resume().on('end', () => response.end(`attempt ${times}`));
  },
  /** Sends the first half of its answer and nothing more. */
  stall(request, response) {
    response.setHeader('content-length', 2000);
    response.write(Buffer.alloc(1000));
  },
  /** Sends the first half of its answer and breaks the connection. */
  broken(request, response) {
    response.setHeader('content-length', 2000);
    response.write(Buffer.alloc(1000), () => response.destroy());
  },
  /** One of three pages, with a link to the next one. */
  page(request, response, argument) {
    const page = Number(argument);
    response.setHeader('content-type', 'application/json');
    if (page < 3) response.setHeader('link', `<${page + 1}>; rel="next"`);
    response.end(JSON.stringify([page * 10, page * 10 + 1]));
  },
};

/**
 * Starts what nginx passes /up/ and /socket/ on to: a server on a Unix path.
 * @returns {Promise<import('node:http').Server>} listening; stop it by `stopUpstream`
 */
async function startUpstream() {
  const state = new Map();
  const server = http.createServer((request, response) => {
    const [, name, argument] = request.url.split('/');
    const route = routes[name];
    if (route !== undefined) return route(request, response, argument, state);
    response.statusCode = 404;
    return response.end();
  });
  fs.rmSync(servers.nginx.upstream, { force: true });
  await new Promise((resolve) => { server.listen(servers.nginx.upstream, resolve); });
  return server;
}

/**
 * @param {import('node:http').Server} server
 * @returns {Promise<void>} when it has closed
 */
function stopUpstream(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

module.exports = { startUpstream, stopUpstream };
