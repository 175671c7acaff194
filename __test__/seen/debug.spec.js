'use strict';

// NODE_DEBUG=net: what the built-in prints, at the same steps. NODE_DEBUG=rsnet: what goes on below.

const fs = require('fs');
const net = require('net');
const path = require('path');
const { closedPort, describeRsnet, only, spawnNode, tempPath, track } = require('../helpers');
const { Child } = require('../helpers/child');
const { FIXTURES, modes } = require('../helpers/registered');

const SCENARIOS = path.join(__dirname, '..', 'fixtures', 'debug', 'scenarios.js');

/**
 * @param {function(net.Socket): void} onConnection
 * @param {object} [options] of the server
 * @param {string} [at] a path to listen on
 * @returns {Promise<object>} where it listens
 */
async function peer(onConnection, options = {}, at = undefined) {
  const server = track(net.createServer(options, (socket) => {
    track(socket);
    socket.on('error', () => {});
    onConnection(socket);
  }));
  await new Promise((resolve) => { server.listen(at ?? { port: 0, host: '127.0.0.1' }, resolve); });
  return at ?? { port: server.address().port, host: '127.0.0.1' };
}

/**
 * Connects to the child.
 *
 * @param {object} address
 * @param {string} how
 */
function dial(address, how) {
  const socket = track(net.connect(address));
  socket.on('error', () => {});
  socket.on('data', () => {
    if (how === 'reset') socket.resetAndDestroy();
    else socket.end();
  });
  socket.on('connect', () => {
    if (how === 'reset') socket.resetAndDestroy();
    else socket.write('hello');
  });
}

/**
 * @param {string} stderr
 * @returns {string[]} its lines, with what differs from run to run left out
 */
function linesOf(stderr) {
  return stderr.replace(/^NET \d+: /gm, 'NET: ').replace(/rsnet-debug-\w+/g, 'TEMP')
    .replace(/rsnet-[\w./-]+/g, 'PATH').replace(/(?<!n )\b\d{4,5}\b/g, 'PORT').split('\n');
}

/**
 * Runs the scenarios in a process of its own.
 *
 * @param {string} implementation 'net' or 'rsnet'
 * @returns {Promise<{[scenario: string]: string[]}>} what it has printed
 */
async function record(implementation) {
  const echo = (socket) => socket.pipe(socket);
  const peers = {
    echo: await peer(echo),
    path: await peer(echo, {}, tempPath()),
    ends: await peer((socket) => socket.resume().end('bye')),
    silent: await peer((socket) => socket.resume()),
    refused: await closedPort(),
    free: await closedPort(),
  };
  const child = new Child(implementation, `
    const [scenarios, peers] = process.argv.slice(1);
    const dial = (address, how) => process.send({ dial: [address, how] });
    require(scenarios).run(net, JSON.parse(peers), dial).then(() => process.disconnect());
  `, { env: { NODE_DEBUG: 'net' }, args: [SCENARIOS, JSON.stringify(peers)] });
  child.tell = ({ dial: args }) => dial(...args);
  const { stderr, ...end } = await child.result;
  if (end.code !== 0) throw new Error(`${JSON.stringify(end)}\n${stderr.slice(-2000)}`);
  const sections = linesOf(stderr).join('\n').split(/^## /m).map((section) => section.trim().split('\n'));
  return Object.fromEntries(sections.map(([name, ...lines]) => [name, lines]));
}

test('a client and a server print what the built-in prints', async () => {
  const builtin = await record('net');
  const own = await record(only === 'builtin' ? 'net' : 'rsnet');
  expect(builtin).toHaveProperty('acceptsReset');
  for (const name of Object.keys(builtin)) expect({ name, lines: own[name] }).toEqual({ name, lines: builtin[name] });
}, 60000);

/**
 * Runs a program on the built-in, and with rsnet in its place.
 *
 * @param {Function} program without closure
 * @param {object} options as for `spawnNode`
 * @returns {Promise<string[][]>} for both, what each process has printed; those of a cluster come one after the other
 */
async function linesOfBoth(program, options) {
  const both = [];
  for (const [, flags] of only === 'builtin' ? [...modes, ...modes] : modes) {
    const { stderr, ...end } = await spawnNode('net', program, { ...options, env: { NODE_DEBUG: 'net' }, flags });
    if (end.code !== 0) throw new Error(`${JSON.stringify(end)}\n${stderr.slice(-2000)}`);
    const byProcess = new Map();
    for (const line of stderr.split('\n')) {
      const pid = line.match(/^NET (\d+)/)?.[1] ?? '';
      byProcess.set(pid, [...(byProcess.get(pid) ?? []), ...linesOf(line)]);
    }
    both.push([...byProcess.values()].flat());
  }
  return both;
}

/** A worker of a cluster listens, and serves one connection; then both end. */
function clusterProgram() {
  const cluster = require('cluster');
  const policy = process.argv[1] ?? process.env.POLICY;
  cluster.schedulingPolicy = policy === 'shared' ? cluster.SCHED_NONE : cluster.SCHED_RR;
  if (cluster.isPrimary) {
    const worker = cluster.fork({ POLICY: policy });
    worker.on('listening', ({ port }) => {
      const dialler = `require('net').connect(${port}, '127.0.0.1').resume().end('hello')`;
      require('child_process').spawn(process.execPath, ['-e', dialler], { env: {}, stdio: 'inherit' });
    });
  } else {
    const server = net.createServer((socket) => {
      socket.resume().end('hello');
      socket.on('close', () => setImmediate(() => cluster.worker.disconnect()));
    });
    server.listen(0, '127.0.0.1');
  }
}

test.each(['dealt', 'shared'])('a cluster whose connections are %s does, too', async (policy) => {
  const [expected, lines = expected] = await linesOfBoth(clusterProgram, { args: [policy] });
  expect(expected).toContain('NET: onconnection');
  expect(lines).toEqual(expected);
});

test('a client of a program that has loaded perf_hooks does, too', async () => {
  const server = await peer((socket) => socket.resume().end('hello'));
  const [expected, lines = expected] = await linesOfBoth(() => {
    require('perf_hooks');
    net.connect(Number(process.argv[1]), '127.0.0.1').resume();
  }, { args: [String(server.port)] });
  expect(expected).toContain('NET: afterConnect');
  expect(lines).toEqual(expected);
});

test.each(['http', 'https'])('%s does, too', async (scheme) => {
  const [key, cert] = ['key', 'cert'].map((part) => fs.readFileSync(path.join(FIXTURES, `localhost-${part}.pem`)));
  const server = track(require(scheme).createServer({ key, cert }, (_req, res) => res.end('hello')));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const [expected, lines = expected] = await linesOfBoth(() => {
    const [module, port] = process.argv.slice(1);
    const http = require(module);
    const agent = new http.Agent({ keepAlive: true, rejectUnauthorized: false });
    const options = { port: Number(port), host: '127.0.0.1', agent };
    http.get(options, (res) => {
      res.resume().on('end', () => setImmediate(() => {
        http.get(options, (again) => again.resume().on('end', () => setImmediate(() => options.agent.destroy())));
      }));
    });
  }, { args: [scheme, String(server.address().port)] });
  expect(expected).toContain('NET: afterConnect');
  expect(lines).toEqual(expected);
});

describeRsnet('NODE_DEBUG=rsnet', () => {
  test('prints the addon, the backend, which handle has which slot, and the events', async () => {
    const { stderr, code } = await spawnNode('rsnet', () => {
      const server = net.createServer((socket) => socket.end('hello'));
      server.listen(0, '127.0.0.1', () => {
        net.connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close());
      });
    }, { env: { NODE_DEBUG: 'rsnet' } });
    expect(code).toBe(0);
    const lines = stderr.trim().split('\n').map((line) => line.replace(/^RSNET \d+: /, ''));
    const backend = process.env.RSNET_BACKEND || 'uv';
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^addon .+\.node$/),
      expect.stringMatching(backend === 'uv' ? /^bridge: uv backend$/ : /^bridge: tokio backend, \d+ runtime threads$/),
    ]);
    const wanted = [
      'slot 0: taken by a TCP', 'slot 1: taken by a TCP', 'slot 1: CONNECT 0', 'slot 0: CONNECTION 0',
      'slot 1: READ 5', 'slot 1: READ -4095', 'slot 1: CLOSED 0', 'slot 0: free',
    ];
    expect(lines).toEqual(expect.arrayContaining(wanted));
  });
  (process.platform === 'linux' ? test : test.skip)('prints relays, with what the engine has moved', async () => {
    const { stderr, stdout, code } = await spawnNode('rsnet', () => {
      const SIZE = 4 << 20;
      const sink = net.createServer({ allowHalfOpen: true }, (socket) => socket.resume().on('end', () => socket.end()));
      const proxy = net.createServer(async (socket) => {
        const { aToB } = await net.relay(socket, net.connect(sink.address().port, '127.0.0.1'));
        console.log(aToB === SIZE);
        sink.close();
        proxy.close();
      });
      sink.listen(0, '127.0.0.1', () => proxy.listen(0, '127.0.0.1', () => {
        const client = net.connect(proxy.address().port, '127.0.0.1');
        client.resume().end(Buffer.alloc(SIZE));
      }));
    }, { env: { NODE_DEBUG: 'rsnet' } });
    expect([code, stdout]).toEqual([0, 'true\n']);
    expect(stderr).toMatch(/relay 0: begins, slots \d+ and \d+\n/);
    const [, moved] = /relay 0: over, (\d+) and 0 bytes\n/.exec(stderr) ?? [];
    expect(Number(moved)).toBeGreaterThan(1 << 20);
  });
});
