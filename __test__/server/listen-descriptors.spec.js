'use strict';

/* global net -- given by spawnNode to the code of a child */

// Sockets that a service manager has opened: net.listenDescriptors(), server.listen({ fdName }).

const { builtin, describeRsnet, listen, receive, connect, spawnNode, thrownBy, track } = require('../helpers');
const { REGISTER } = require('../helpers/registered');
const fallback = require('../../lib/fallback');

/** As a service manager does: LISTEN_PID is that of the program itself. */
const manager = ['sh', '-c', 'LISTEN_PID=$$ exec "$0" "$@"'];

/** Runs in a child. Answers on each descriptor, by its name. */
function serve() {
  const found = net.listenDescriptors();
  console.log(JSON.stringify(found));
  let open = 2;
  for (const name of ['first', 'second']) {
    const server = net.createServer((socket) => {
      socket.end(name);
      server.close();
      if (--open === 0) process.exitCode = 0;
    });
    server.listen({ fdName: name });
  }
}

/** Runs in a child. Node's http listens once registered. */
function serveHttp() {
  require(process.argv[1]);
  const server = require('http').createServer((req, res) => {
    res.end('page');
    server.close();
    server.closeIdleConnections();
  });
  server.listen({ fdName: 'http' });
}

/** Runs in a child. A worker listens by the name that its primary has a descriptor for. */
function serveByWorker() {
  const [, register] = process.argv;
  const cluster = require('cluster');
  cluster.setupPrimary({ exec: process.execPath, execArgv: ['-r', register, '-e', `
    const net = require('net');
    const server = net.createServer((socket) => {
      socket.end('worker');
      server.close(() => process.disconnect());
    }).listen({ fdName: 'shared' });
  `], args: [] });
  cluster.fork();
}

/**
 * Runs code in a child that has been given listening sockets, and asks each of them.
 *
 * @param {Function} code
 * @param {object} env
 * @param {number} count of sockets
 * @param {string[]} [args]
 * @returns {Promise<{stdout: string, answers: string[]}>}
 */
async function given(code, env, count, args = []) {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(builtin)));
  let answers;
  const { stdout, ...end } = await spawnNode('rsnet', code, {
    prefix: manager,
    env: { LISTEN_FDS: String(count), ...env },
    args,
    stdio: servers.map((server) => server._handle.fd),
    onStart() {
      // The child has them now, and this process is not to accept.
      for (const server of servers) server.close();
      answers = Promise.all(servers.map(async ({ at }) => {
        const client = connect(builtin, at);
        if (code === serveHttp) client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        return String(await receive(client));
      }));
    },
  });
  expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
  return { stdout, answers: await answers };
}

describeRsnet('sockets that a service manager has opened', (net) => {
  test('by their names', async () => {
    const { stdout, answers } = await given(serve, { LISTEN_FDNAMES: 'first:second' }, 2);
    expect(JSON.parse(stdout)).toEqual([{ fd: 3, name: 'first' }, { fd: 4, name: 'second' }]);
    expect(answers).toEqual(['first', 'second']);
  });

  test('of an http server, once registered', async () => {
    const { answers } = await given(serveHttp, { LISTEN_FDNAMES: 'http' }, 1, [REGISTER]);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 200 OK\r\n.*page/s);
  });

  test('in the worker of a cluster, of its primary', async () => {
    const { answers } = await given(serveByWorker, { LISTEN_FDNAMES: 'shared' }, 1, [REGISTER]);
    expect(answers).toEqual(['worker']);
  });

  test.each([
    ['for another process', { LISTEN_PID: '1', LISTEN_FDS: '1' }, []],
    ['none', {}, []],
    ['no count', { LISTEN_PID: 'own' }, []],
    ['a bad count', { LISTEN_PID: 'own', LISTEN_FDS: '1x' }, []],
    ['a negative count', { LISTEN_PID: 'own', LISTEN_FDS: '-1' }, []],
    ['a count that no process can have', { LISTEN_PID: 'own', LISTEN_FDS: '4294967296' }, []],
    ['no names', { LISTEN_PID: 'own', LISTEN_FDS: '2' }, [{ fd: 3, name: 'unknown' }, { fd: 4, name: 'unknown' }]],
    ['fewer names', { LISTEN_PID: 'own', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a' },
      [{ fd: 3, name: 'a' }, { fd: 4, name: 'unknown' }]],
  ])('what the variables say: %s', (_title, variables, expected) => {
    const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names) delete process.env[name];
      for (const [name, value] of Object.entries(variables)) {
        process.env[name] = value === 'own' ? String(process.pid) : value;
      }
      expect(net.listenDescriptors()).toEqual(expected);
      expect(fallback.listenDescriptors()).toEqual(expected);
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    }
  });

  test.each([['rsnet', net], ['without a binary', fallback]])('%s: a name that is none', (_title, implementation) => {
    const server = track(implementation.createServer());
    expect(thrownBy(() => server.listen({ fdName: 1 }))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(thrownBy(() => server.listen({ fdName: 'http' }))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: "The property 'options.fdName' is the name of no descriptor in LISTEN_FDNAMES. Received 'http'",
    });
    expect(server.listening).toBe(false);
  });

  test('it is no name that programs list', () => {
    expect(Object.keys(net)).not.toContain('listenDescriptors');
  });
});
