'use strict';

// HTTP and HTTPS behind the PROXY protocol, with rsnet in place of `net`.

const { REGISTER, runMode } = require('../helpers/registered');
const { describeRsnet, root, spawnNode } = require('../helpers');

/* global all, cert, engine, fs, key, listening, once -- given to the code of a child */

const FLAGS = ['-r', REGISTER];

/** What each request tells of its connection: the ends of the header are 10.1.2.3:51000 and 10.4.5.6:443. */
const ANSWER = {
  ends: ['10.1.2.3', 51000, 'IPv4', '10.4.5.6', 443], proxy: ['10.1.2.3', 'a.example'], body: 'hello',
};

describeRsnet('with rsnet registered', () => {
  /**
   * Runs a server of http or https, and a client of it.
   *
   * @param {'http'|'https'} module
   * @param {'listen'|'options'|'emit'} how the option comes to the server
   * @returns {Promise<object[]>} what the requests found
   */
  const serve = (module, how) => runMode(FLAGS, async (name, way) => {
    const net = require('net');
    const http = require(name);
    const tls = require('tls');
    const proxyProtocol = { mode: 'required' };
    const found = [];
    const server = http.createServer({ cert, key, ...(way === 'options' && { proxyProtocol }) }, async (req, res) => {
      const { socket } = req;
      const body = String(await all(req));
      found.push({
        ends: [socket.remoteAddress, socket.remotePort, socket.remoteFamily, socket.localAddress, socket.localPort],
        proxy: [socket.proxy.source.address, socket.proxy.authority], body, engine: engine(socket),
      });
      res.end('ok');
    });
    const first = way === 'emit'
      ? net.createServer({ proxyProtocol }, (socket) => server.emit('connection', socket))
      : server;
    const port = await listening(first, way === 'listen'
      ? { port: 0, host: '127.0.0.1', proxyProtocol } : { port: 0, host: '127.0.0.1' });
    const ends = {
      source: { address: '10.1.2.3', port: 51000 }, destination: { address: '10.4.5.6', port: 443 },
      authority: 'a.example',
    };
    // So many requests that a busy connection has got a handle of the host.
    const connection = new Promise((resolve) => {
      const raw = net.connect({ port, host: '127.0.0.1', proxyProtocol: ends });
      if (name === 'http') resolve(raw);
      else resolve(tls.connect({ socket: raw, ca: cert, servername: 'localhost' }));
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const socket = await connection;
    agent.createConnection = () => socket;
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve, reject) => {
        const request = http.request({ port, agent, method: 'POST' }, (res) => resolve(all(res)));
        request.on('error', reject);
        request.end('hello');
      });
    }
    agent.destroy();
    // The header and the first request in one segment.
    if (name === 'http') {
      const raw = net.connect({ port, host: '127.0.0.1', proxyProtocol: ends });
      raw.end('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello');
      await all(raw);
    }
    first.close();
    server.close();
    return found;
  }, { args: [module, how] });

  test.each([['http', 'listen'], ['http', 'emit'], ['https', 'listen'], ['https', 'options'], ['https', 'emit']])(
    '%s, by %s: each request has the ends that the header says', async (module, how) => {
      const found = await serve(module, how);
      expect(found.length).toBe(module === 'http' ? 13 : 12);
      for (const one of found) expect(one).toEqual({ ...ANSWER, engine: 'rsnet' });
    });

  test('HTTP/2 gets the ends, and its preface behind the header', async () => {
    expect(await runMode(FLAGS, async () => {
      const net = require('net');
      const http2 = require('http2');
      const server = http2.createServer({ proxyProtocol: true }, ({ stream: { session } }, response) => {
        const { remoteAddress, remotePort, proxy } = session.socket;
        response.end(JSON.stringify([remoteAddress, remotePort, proxy.authority]));
      });
      const port = await listening(server);
      const client = http2.connect(`http://127.0.0.1:${port}`, {
        createConnection: () => net.connect({
          port, host: '127.0.0.1',
          proxyProtocol: { source: { address: '10.1.2.3', port: 51000 }, authority: 'a.example' },
        }),
      });
      const answer = JSON.parse(await all(client.request({ ':path': '/' })));
      client.close();
      server.close();
      return answer;
    })).toEqual(['10.1.2.3', 51000, 'a.example']);
  });

  test('a worker of a cluster reads headers, too', async () => {
    expect(await runMode(FLAGS, async (register) => {
      const cluster = require('cluster');
      const file = require('path').join(require('os').tmpdir(), `rsnet-proxy-${process.pid}.js`);
      fs.writeFileSync(file, `
        const server = require('net').createServer((socket) => socket.end(socket.remoteAddress));
        server.listen({ port: 0, host: '127.0.0.1', proxyProtocol: true });
        process.on('disconnect', () => process.exit());`);
      cluster.setupPrimary({ exec: file, execArgv: ['-r', register] });
      const worker = cluster.fork();
      const [{ port }] = await once(worker, 'listening');
      const client = require('net').connect({
        port, host: '127.0.0.1', proxyProtocol: { source: { address: '10.1.2.3', port: 51000 } },
      });
      const answer = String(await all(client));
      worker.disconnect();
      await once(worker, 'exit');
      fs.rmSync(file);
      return answer;
    }, { args: [REGISTER] })).toBe('10.1.2.3');
  });

  test('the example runs as it stands', async () => {
    const file = JSON.stringify(`${root}/examples/proxy-protocol.js`);
    const { stdout, stderr, code } = await spawnNode('rsnet', `require(${file});`);
    const [, own] = /^The client has port (\d+)\.$/m.exec(stdout);
    expect(stdout).toMatch(new RegExp(`^You are 127\\.0\\.0\\.1:${own}, by way of port \\d+\\.$`, 'm'));
    expect({ lines: stdout.trim().split('\n').length, stderr, code }).toEqual({ lines: 3, stderr: '', code: 0 });
  });

  test('a bad header does not reach HTTP, and the server goes on', async () => {
    expect(await runMode(FLAGS, async () => {
      const net = require('net');
      const http = require('http');
      const server = http.createServer((req, res) => res.end(req.socket.remoteAddress));
      server.on('clientError', () => {});
      const port = await listening(server, { port: 0, host: '127.0.0.1', proxyProtocol: 'optional' });
      const failed = once(server, 'proxyError');
      const bad = net.connect(port, '127.0.0.1');
      bad.end('PROXY no\r\nGET / HTTP/1.1\r\n\r\n');
      const answer = String(await all(bad.on('error', () => {})).catch(() => ''));
      const [{ code }] = await failed;
      const plain = await new Promise((resolve) => {
        http.get({ port, host: '127.0.0.1', agent: false }, (res) => resolve(all(res)));
      });
      server.close();
      return { answer, code, plain: String(plain) };
    })).toEqual({ answer: '', code: 'ERR_PROXY_PROTOCOL_INVALID', plain: '127.0.0.1' });
  });
});
