'use strict';

/* global net -- given by spawnNode to the code of a child */

// Racing attempts in a network namespace of the child's own, with slow paths and some that swallow everything
// (__test__/fixtures/slow-network.py).

const { spawnSync } = require('child_process');
const path = require('path');
const { describeRsnet, requirePath, spawnNode } = require('../helpers');

const FIXTURES = path.join(__dirname, '..', 'fixtures');

/** A handshake with an address that ends with 6 takes 600 ms; those with 7 do not answer. */
const SETUP = [
  'ip link set lo up',
  `python3 '${path.join(FIXTURES, 'slow-network.py')}' 6=300 </dev/null >/dev/null 2>&1`,
  'ip route add unreachable 10.9.0.0/24',
  'ip -6 route add unreachable fd09::/64',
  // Who is not answered gives up after a second or two instead of minutes (tcp(7)).
  'echo 1 > /proc/sys/net/ipv4/tcp_syn_retries',
];
const prefix = ['unshare', '-n', 'sh', '-ec', `${SETUP.join('; ')}; exec "$0" "$@"`];

/**
 * @returns {boolean} whether such a namespace can be made; the python program in it ends with it
 */
function canMake() {
  if (process.platform !== 'linux') return false;
  // With a namespace of processes, too, nothing is left behind.
  const [, ...rest] = prefix;
  return spawnSync('unshare', ['-p', '-f', '--kill-child', ...rest, 'true'], { timeout: 10000 }).status === 0;
}

const works = canMake();
const notice = works ? '' : ' (skipped: it takes root, unshare, iproute2, python3 and /dev/net/tun)';

/**
 * Runs in a child. Prints, for each list of addresses, the events of a connect that tries them, and what came through.
 */
function tryAll() {
  const lists = JSON.parse(process.argv[1]);
  const server = net.createServer((peer) => peer.on('error', () => {}).pipe(peer));
  const attempt = (addresses) => new Promise((resolve) => {
    const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const socket = net.connect({
      host: 'a.invalid', port: server.address().port, autoSelectFamily: true,
      lookup: (host, options, callback) => setImmediate(callback, null, list),
      autoSelectFamilyAttemptTimeout: 250,
    });
    const events = [];
    for (const event of ['Attempt', 'AttemptTimeout', 'AttemptFailed']) {
      socket.on(`connection${event}`, (address, port, family, error) => {
        events.push([event, address, ...(error ? [error.code] : [])]);
      });
    }
    socket.on('connect', () => {
      events.push(['connect', socket.remoteAddress]);
      socket.end('text');
    });
    socket.on('data', (data) => events.push(['data', String(data)]));
    socket.on('error', ({ name, code, errors }) => {
      events.push([name, code, errors?.map((error) => [error.code, error.address])]);
    });
    socket.on('close', () => resolve(events));
  });
  server.listen(0, '::', async () => {
    const all = await Promise.all(lists.map(attempt));
    console.log(JSON.stringify(all));
    server.close();
    // What is left of the attempts would keep the process.
  });
}

/**
 * Runs in a child: Node's modules over attempts that race.
 */
function modules() {
  require(process.argv[1]);
  const [, , key, cert] = process.argv;
  const fs = require('fs');
  const http = require('http');
  const tls = require('tls');
  const { promisify } = require('util');
  const found = ['10.5.0.6', 'fd05::7'].map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = (host, options, callback) => callback(null, found);
  const plain = http.createServer((req, res) => res.end('page'));
  const pem = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
  const secure = tls.createServer(pem, (socket) => socket.end('secret'));
  const results = {};
  (async () => {
    await promisify(plain.listen).call(plain, 0, '::');
    await promisify(secure.listen).call(secure, 0, '::');
    const to = (server) => ({ host: 'a.invalid', port: server.address().port, lookup, autoSelectFamily: true });
    const read = async (stream) => {
      let text = '';
      for await (const chunk of stream) text += chunk;
      return text;
    };
    const get = new Promise((resolve, reject) => http.get({ ...to(plain), agent: false }, resolve).on('error', reject));
    const raw = net.connect(to(secure));
    const wrapped = tls.connect({ socket: raw, rejectUnauthorized: false });
    [results.http, results.tls] = await Promise.all([get.then(read), read(wrapped)]);
    results.attempted = raw.autoSelectFamilyAttemptedAddresses.length;
    console.log(JSON.stringify(results));
    plain.close();
    secure.close();
  })();
}

(works ? describeRsnet : describe.skip)(`attempts that race, in a network namespace${notice}`, () => {
  const SLOW4 = '10.5.0.6';
  const SLOW6 = 'fd05::6';
  const cases = {
    'IPv6 swallows all, IPv4 is slow': [['fd05::7', SLOW4], [
      ['Attempt', 'fd05::7'], ['AttemptTimeout', 'fd05::7'], ['Attempt', SLOW4], ['connect', SLOW4], ['data', 'text'],
    ]],
    'IPv6 is slow, IPv4 swallows all': [[SLOW6, '10.5.0.7'], [
      ['Attempt', SLOW6], ['AttemptTimeout', SLOW6], ['Attempt', '10.5.0.7'], ['connect', SLOW6], ['data', 'text'],
    ]],
    'both are slow': [[SLOW6, SLOW4], [
      ['Attempt', SLOW6], ['AttemptTimeout', SLOW6], ['Attempt', SLOW4], ['connect', SLOW6], ['data', 'text'],
    ]],
    'IPv6 fails at once, IPv4 is slow': [['fd09::1', SLOW4], [
      ['Attempt', 'fd09::1'], ['AttemptFailed', 'fd09::1', 'EHOSTUNREACH'], ['Attempt', SLOW4], ['connect', SLOW4],
      ['data', 'text'],
    ]],
    'IPv6 is slow, IPv4 fails at once': [[SLOW6, '10.9.0.1'], [
      ['Attempt', SLOW6], ['AttemptTimeout', SLOW6],
      ['Attempt', '10.9.0.1'], ['AttemptFailed', '10.9.0.1', 'EHOSTUNREACH'],
      ['connect', SLOW6], ['data', 'text'],
    ]],
    'all swallow all': [['fd05::7', '10.5.0.7'], [
      ['Attempt', 'fd05::7'], ['AttemptTimeout', 'fd05::7'], ['Attempt', '10.5.0.7'],
      ['AttemptFailed', 'fd05::7', 'ETIMEDOUT'], ['AttemptFailed', '10.5.0.7', 'ETIMEDOUT'],
      ['AggregateError', 'ETIMEDOUT', [['ETIMEDOUT', 'fd05::7'], ['ETIMEDOUT', '10.5.0.7']]],
    ]],
    'all fail at once': [['fd09::1', '10.9.0.1'], [
      ['Attempt', 'fd09::1'], ['AttemptFailed', 'fd09::1', 'EHOSTUNREACH'],
      ['Attempt', '10.9.0.1'], ['AttemptFailed', '10.9.0.1', 'EHOSTUNREACH'],
      ['AggregateError', 'EHOSTUNREACH', [['EHOSTUNREACH', 'fd09::1'], ['EHOSTUNREACH', '10.9.0.1']]],
    ]],
  };

  test('each kind of path', async () => {
    const lists = Object.values(cases).map(([addresses]) => addresses);
    const { stdout, ...end } = await spawnNode('rsnet', tryAll, { prefix, args: [JSON.stringify(lists)] });
    expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
    const results = JSON.parse(stdout);
    const seen = Object.fromEntries(Object.keys(cases).map((title, i) => [title, results[i]]));
    expect(seen).toEqual(Object.fromEntries(Object.entries(cases).map(([title, [, events]]) => [title, events])));
  });

  test('http and tls', async () => {
    const pem = ['localhost-key.pem', 'localhost-cert.pem'].map((name) => path.join(FIXTURES, name));
    const args = [path.join(requirePath('rsnet'), 'register'), ...pem];
    const { stdout, ...end } = await spawnNode('rsnet', modules, { prefix, args });
    expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
    expect(JSON.parse(stdout)).toEqual({ http: 'page', tls: 'secret', attempted: 2 });
  });
});
