'use strict';

// Connections, servers and bound sockets that go to worker threads and work there.

const path = require('path');
const { root, only, spawnNode } = require('../helpers');
const { hostTransfers } = require('../helpers/features');

/** Hosts transfer sockets and servers; for a BoundSocket it may have come later. */
const testTransfer = hostTransfers('Socket') ? test : test.skip;
const transfersBound = hostTransfers('BoundSocket');

const BUILTIN = "require('net')";
const RSNET = `require(${JSON.stringify(root)})`;
const REGISTERED = `(require(${JSON.stringify(path.join(root, 'register.js'))}), require('net'))`;

/**
 * The code of the worker: it serves what it is sent, once, and says what kind it was.
 *
 * @param {typeof import('net')} mod
 * @param {import('worker_threads').MessagePort} parentPort
 */
function worker(mod, parentPort) {
  const kind = (object) => (object._handle.constructor.toString().startsWith('class') ? 'rsnet' : 'built-in');
  const serve = (socket) => socket.once('data', (data) => socket.end(`${data} ${kind(socket)}`));
  parentPort.on('messageerror', (error) => { throw error; });
  parentPort.on('message', ({ socket, again, server, bound }) => {
    if (socket) {
      if (!(socket instanceof mod.Socket) || again[0] !== socket) throw new Error('not the same');
      serve(socket);
    } else if (server) {
      if (!(server instanceof mod.Server)) throw new Error('not a Server');
      server.once('connection', (connection) => {
        server.close();
        serve(connection);
      });
    } else if (bound) {
      const listening = mod.createServer((connection) => {
        listening.close();
        serve(connection);
      });
      listening.listen(bound, () => parentPort.postMessage('listening'));
    } else {
      parentPort.close();
    }
  });
}

/**
 * The code of the main thread.
 *
 * @param {typeof import('net')} mod
 * @param {typeof import('worker_threads').Worker} Worker
 * @param {string} body the worker's code
 * @param {boolean} withBound whether a BoundSocket goes as well
 */
async function main(mod, Worker, body, withBound) {
  const other = new Worker(body, { eval: true });
  const ask = (port) => new Promise((resolve, reject) => {
    const client = mod.connect(port, '127.0.0.1', () => client.write('asked'));
    let answer = '';
    client.setEncoding('utf8').on('data', (data) => { answer += data; });
    client.on('end', () => resolve(answer)).on('error', reject);
  });
  const answers = [];

  const server = mod.createServer((socket) => other.postMessage({ socket, again: [socket] }, [socket]));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  answers.push(await ask(server.address().port), await ask(server.address().port));
  server.close();

  const listening = mod.createServer();
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address();
  other.postMessage({ server: listening }, [listening]);
  answers.push(await ask(port));

  if (withBound) {
    const bound = new mod.BoundSocket({ host: '127.0.0.1' });
    const address = bound.address();
    other.postMessage({ bound }, [bound]);
    await new Promise((resolve) => other.once('message', resolve));
    answers.push(await ask(address.port));
  }
  other.postMessage({});
  await new Promise((resolve) => other.once('exit', resolve));
  console.log(answers.join('\n'));
}

/**
 * @param {string} here the implementation of the main thread, as an expression
 * @param {string} there that of the worker
 * @param {object} options
 * @param {boolean} [options.bound] whether a BoundSocket goes as well
 * @param {string} [options.backend] rsnet's
 * @returns {Promise<object>} what `spawnNode` gives
 */
function run(here, there, { bound = true, backend }) {
  const body = `(${worker})(${there}, require('worker_threads').parentPort);`;
  const code = `(${main})(${here}, require('worker_threads').Worker, ${JSON.stringify(body)}, ${bound});`;
  return spawnNode('net', code,
    { env: backend ? { RSNET_BACKEND: backend } : {} });
}

/**
 * The code of a worker that reads each connection it gets by a loop, and writes afterwards.
 *
 * @param {typeof import('../..')} mod
 * @param {import('worker_threads').MessagePort} parentPort
 */
function reporter(mod, parentPort) {
  const answer = async (socket, set) => {
    const isServers = socket.server !== null;
    for await (const chunk of socket) chunk.toString();
    socket.end(`${isServers} ${set} wrote after the loop\n`);
  };
  parentPort.on('message', ({ server, socket }) => {
    if (socket) answer(socket, 'nothing set');
    else if (!server) parentPort.close();
    if (!server) return;
    // The kernel goes back to its own way with the first data, so what counts is that it is asked.
    const { prototype } = Object.getPrototypeOf(server._handle.constructor);
    const { setOption } = prototype;
    const set = [];
    prototype.setOption = function(name, bytes) {
      set.push(`${name} ${bytes[0]}`);
      return setOption.call(this, name, bytes);
    };
    server.on('connection', (connection) => answer(connection, set) && server.close());
  });
}

/**
 * The code of the thread that sends it a server, and a connection.
 *
 * @param {typeof import('../..')} mod
 * @param {typeof import('worker_threads').Worker} Worker
 * @param {string} body the worker's code
 */
async function sender(mod, Worker, body) {
  const other = new Worker(body, { eval: true });
  const options = { allowHalfOpen: true, destroyOnIterationEnd: false, quickAck: false };
  const ask = (port) => new Promise((resolve, reject) => {
    const client = mod.connect({ port, host: '127.0.0.1' }, () => client.end('asked'));
    let answer = '';
    client.setEncoding('utf8').on('data', (data) => { answer += data; });
    client.on('close', () => resolve(answer)).on('error', reject);
  });
  const server = mod.createServer(options);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  other.postMessage({ server }, [server]);
  process.stdout.write(await ask(port));

  const sending = mod.createServer({ ...options, pauseOnConnect: true }, (socket) => {
    sending.close();
    other.postMessage({ socket }, [socket]);
  });
  await new Promise((resolve) => sending.listen(0, '127.0.0.1', resolve));
  process.stdout.write(await ask(sending.address().port));
  other.postMessage({});
}

const forRsnet = only === 'builtin' ? describe.skip : describe;

forRsnet('transfer to a worker thread', () => {
  test.each([
    ['tokio', 'both load rsnet', RSNET, RSNET],
    ['tokio', 'both registered', REGISTERED, REGISTERED],
    ['uv', 'both load rsnet', RSNET, RSNET],
    ['uv', 'both registered', REGISTERED, REGISTERED],
    ['uv', 'registered to loaded', REGISTERED, RSNET],
    ['uv', 'loaded to registered', RSNET, REGISTERED],
  ])('%s backend, %s', async (backend, title, here, there) => {
    const { stdout, stderr, code } = await run(here, there, { backend });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'asked rsnet\n'.repeat(4), stderr: '', code: 0 });
  });

  test('a server keeps what its listening socket has not got, and a socket the like', async () => {
    const body = `(${reporter})(${RSNET}, require('worker_threads').parentPort);`;
    const code = `(${sender})(${RSNET}, require('worker_threads').Worker, ${JSON.stringify(body)});`;
    const { stdout, stderr } = await spawnNode('net', code);
    const said = 'wrote after the loop\n';
    expect({ stdout, stderr }).toEqual({ stdout: `true TCP_QUICKACK 0 ${said}false nothing set ${said}`, stderr: '' });
  });

  testTransfer('where the host transfers its own, a worker needs no rsnet', async () => {
    const { stdout, stderr, code } = await run(RSNET, BUILTIN, { bound: transfersBound });
    const expected = 'asked built-in\n'.repeat(transfersBound ? 4 : 3);
    expect({ stdout, stderr, code }).toEqual({ stdout: expected, stderr: '', code: 0 });
  });

  testTransfer('a registered worker gets rsnet from the built-in', async () => {
    const { stdout, stderr, code } = await run(BUILTIN, REGISTERED, { bound: transfersBound });
    const expected = 'asked rsnet\n'.repeat(transfersBound ? 4 : 3);
    expect({ stdout, stderr, code }).toEqual({ stdout: expected, stderr: '', code: 0 });
  });
});
