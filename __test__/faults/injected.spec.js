'use strict';

const fs = require('fs');
const path = require('path');
const { builtin, implementations, listen, spawnNode, tempPath } = require('../helpers');
const { buildInjector } = require('../helpers/inject');

const PROGRAM = fs.readFileSync(path.join(__dirname, '..', 'fixtures', 'faults', 'injected.js'), 'utf8');

/** [side, system call, what it gives, how often]. */
const FAULTS = [
  ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EACCES', 'EAFNOSUPPORT'].map((fault) => ['client', 'socket', fault]),
  ...['EINTR', 'EAGAIN', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EPERM', 'ECONNREFUSED', 'EHOSTUNREACH',
    'ENETDOWN'].map((fault) => ['client', 'connect', fault]),
  ['client', 'connect', 'EINTR', 5],
  ...['EINTR', 'ENOMEM', 'ECONNRESET', 'ETIMEDOUT', 'EIO', 'EHOSTUNREACH'].map((fault) => ['client', 'read', fault]),
  ['client', 'read', 'EINTR', 5],
  ...['EINTR', 'ENOBUFS', 'ENOMEM', 'EPIPE', 'ECONNRESET', 'EHOSTUNREACH'].map((fault) => ['client', 'write', fault]),
  ['client', 'write', 'EINTR', 5],
  ['client', 'write', 'short', 3],
  ...['EINTR', 'ECONNABORTED', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EPROTO']
    .map((fault) => ['server', 'accept', fault]),
  ['client', 'write', 'ENOBUFS', 3],
  ['server', 'accept', 'EINTR', 5],
  ['server', 'accept', 'ENOMEM', 3],
  ['server', 'accept', 'ECONNABORTED', 3],
  ...['EMFILE', 'ENFILE', 'ENOBUFS'].map((fault) => ['server', 'socket', fault]),
  ...['EACCES', 'EADDRNOTAVAIL', 'ENOMEM'].map((fault) => ['server', 'bind', fault]),
  ...['EADDRINUSE', 'ENOTSUP'].map((fault) => ['server', 'listen', fault]),
];

/** Each over TCP and over a Unix-domain socket. */
const cases = [false, true].flatMap((unix) =>
  FAULTS.map(([side, call, fault, times = 1]) => ({ unix, side, call, fault, times })));

const { library, reason, remove } = buildInjector();
afterAll(remove);

/**
 * Run all cases on one implementation, and be the peer of each.
 *
 * @param {string} name 'net' or 'rsnet'
 * @returns {Promise<object[]>} for each case {trace, happened, left}; fewer when the child ends early
 */
async function run(name) {
  const echo = (socket) => socket.on('error', () => {}).pipe(socket);
  const tcp = await listen(builtin, echo);
  const unix = await listen(builtin, { listen: tempPath('echo') }, echo);
  const folder = path.dirname(tempPath());
  const results = [];
  const ended = await spawnNode(name, PROGRAM, {
    env: { LD_PRELOAD: library },
    args: [JSON.stringify({ cases, path: path.join(folder, 's'), echo: { port: tcp.at.port, path: unix.at.path } })],
    stdio: ['ipc'],
    onStart: (child) => child.on('message', ({ done, knock }) => {
      if (done) results.push(done);
      if (!knock) return;
      let answer = 'closed';
      const client = builtin.connect(knock).on('error', () => {}).on('close', () => child.send(answer));
      client.on('data', (data) => {
        answer = `answered ${data}`;
        client.destroy();
      });
      client.write('knock');
    }),
  });
  if (results.length < cases.length) results.push({ ended });
  return results;
}

(library ? describe : describe.skip)(`system calls that fail ${reason}`, () => {
  const results = {};
  beforeAll(async () => {
    await Promise.all(implementations.map(async ([name]) => {
      results[name] = await run(name);
    }));
  });

  test.each(cases.map((one, index) => [one.side, one.unix ? 'Unix' : 'TCP', one.call, one.fault, one.times, index]))(
    '%s, %s: %s gives %s %d times', (_side, _transport, _call, _fault, _times, index) => {
      const [expected, ...others] = Object.values(results).map((result) => result[index]);
      expect(expected).toMatchObject({ left: 0 });
      for (const actual of others) expect(actual).toEqual(expected);
    },
  );
});
