'use strict';

const { once } = require('events');
const fs = require('fs');
const http = require('http');
const https = require('https');
const path = require('path');
const vm = require('vm');
const { builtin, closedPort, describeRsnet, tempPath, track } = require('../helpers');
const { FIXTURES } = require('../helpers/registered');

const cert = fs.readFileSync(path.join(FIXTURES, 'localhost-cert.pem'));
const key = fs.readFileSync(path.join(FIXTURES, 'localhost-key.pem'));

/**
 * @returns {Promise<Function>} the Agent of the undici that comes with Node, which the global fetch works with
 */
async function bundledAgent() {
  await fetch('data:,').then((response) => response.text());
  // The host's global: jest gives each file a global object of its own. What newer hosts keep under the old symbol is
  // no Agent.
  const host = new vm.Script('globalThis').runInThisContext();
  const symbols = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];
  const dispatcher = symbols.map((symbol) => globalThis[symbol] ?? host[symbol]).find(Boolean);
  return dispatcher.constructor;
}

/**
 * @param {import('http').Server} server
 * @param {object|string} [at]
 * @returns {Promise<number|undefined>} its port
 */
async function start(server, at = { port: 0, host: '127.0.0.1' }) {
  track(server).listen(at);
  await once(server, 'listening');
  return server.address().port;
}

describeRsnet('rsnet/undici', (rsnet) => {
  const { connector } = require('../../lib/interop/undici');
  let agents = [];

  /**
   * @param {object} [options] of the connector
   * @returns {Promise<{dispatcher: object, sockets: object[]}>} an agent, and what it has connected
   */
  async function agent(options) {
    const Agent = await bundledAgent();
    const sockets = [];
    const connect = connector(options);
    const remembered = (...args) => sockets[sockets.push(connect(...args)) - 1];
    const dispatcher = new Agent({ connections: 1, connect: remembered });
    agents.push(dispatcher);
    return { dispatcher, sockets };
  }

  afterEach(async () => {
    await Promise.all(agents.map((dispatcher) => dispatcher.close()));
    agents = [];
  });

  test('fetch over http', async () => {
    const port = await start(http.createServer((request, response) => request.pipe(response)));
    const { dispatcher, sockets } = await agent();
    const init = { method: 'POST', dispatcher };
    const texts = [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { ...init, body: `body ${i}` });
      texts.push(await response.text());
    }
    expect(texts).toEqual(['body 0', 'body 1', 'body 2']);
    expect(sockets.length).toBe(1);
    expect(sockets[0].constructor).toBe(rsnet.Socket);
  });

  test('fetch over https, sessions are resumed', async () => {
    const server = https.createServer({ cert, key }, (request, response) => {
      response.setHeader('connection', 'close');
      response.end(String(request.socket.isSessionReused()));
    });
    const port = await start(server);
    const { dispatcher, sockets } = await agent({ ca: cert });
    const texts = [];
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`https://localhost:${port}/`, { dispatcher });
      texts.push(await response.text());
    }
    expect(texts).toEqual(['false', 'true']);
    expect(sockets.length).toBe(2);
    expect(sockets[0].authorized).toBe(true);
  });

  test('a Unix socket in place of the host', async () => {
    const socketPath = tempPath('undici.sock');
    await start(http.createServer((request, response) => response.end(request.headers.host)), socketPath);
    const { dispatcher } = await agent({ socketPath });
    expect(await (await fetch('http://some.name/', { dispatcher })).text()).toBe('some.name');
  });

  test('errors: refused, not trusted, too late', async () => {
    const { dispatcher } = await agent();
    await expect(fetch(`http://127.0.0.1:${await closedPort()}/`, { dispatcher })).rejects
      .toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const port = await start(https.createServer({ cert, key }));
    await expect(fetch(`https://localhost:${port}/`, { dispatcher })).rejects
      .toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    const silent = await start(builtin.createServer((socket) => track(socket)));
    const { dispatcher: hasty } = await agent({ timeout: 50 });
    await expect(fetch(`https://localhost:${silent}/`, { dispatcher: hasty })).rejects
      .toMatchObject({ cause: { message: expect.stringContaining('Connect Timeout Error') } });
  });

  test('no TLS within the time limit, as undici is told', async () => {
    const port = await start(builtin.createServer((socket) => track(socket)));
    const target = { protocol: 'https:', hostname: '127.0.0.1', host: `127.0.0.1:${port}`, port: `${port}` };
    const { error, socket } = await new Promise((resolve) => {
      const connecting = track(connector({ timeout: 50 })(target, (failure) => {
        resolve({ error: failure, socket: connecting });
      }));
    });
    expect(error).toMatchObject({ name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(error.message).toBe(`Connect Timeout Error (attempted address: 127.0.0.1:${port}, timeout: 50ms)`);
    expect(socket.destroyed).toBe(true);
  });

  test('bad options', () => {
    for (const maxCachedSessions of [-1, 1.5, 'x', null]) {
      expect(() => connector({ maxCachedSessions })).toThrow(
        new TypeError('maxCachedSessions must be a positive integer or zero'),
      );
    }
  });
});
