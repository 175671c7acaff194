'use strict';

/* global net -- given by spawnNode to the code of a child */

// Options of the kernel that take a network of their own: TCP Fast Open, and what netfilter has redirected.

const { spawnSync } = require('child_process');
const { describeRsnet, spawnNode } = require('../helpers');

/**
 * @param {string} setup commands of a shell
 * @returns {string[]} a command that runs another in a network namespace of its own, once these have run
 */
function namespace(setup) {
  return ['unshare', '-n', 'sh', '-ec', `ip link set lo up; ${setup}; exec "$0" "$@"`];
}

/** Bit 0: clients, bit 1: servers. */
const fastOpen = namespace('echo 3 > /proc/sys/net/ipv4/tcp_fastopen');

const redirect = namespace(['ip route add local 10.7.0.0/24 dev lo', 'ip -6 route add local fd07::/64 dev lo', `nft '
table inet rsnet {
  chain output {
    type nat hook output priority -100;
    ip daddr 10.7.0.1 tcp dport 7001 redirect to :7002
    ip6 daddr fd07::1 tcp dport 7001 redirect to :7002
  }
}'`].join('; '));

/**
 * @param {string[]} prefix
 * @returns {boolean} whether such a namespace can be made
 */
function works([command, ...rest]) {
  return process.platform === 'linux' && spawnSync(command, [...rest, 'true'], { timeout: 10000 }).status === 0;
}

/**
 * @param {string} title
 * @param {string[]} prefix the namespace that it takes
 * @param {string} needs
 * @param {function(): Promise<void>} define
 */
function testIn(title, prefix, needs, define) {
  if (works(prefix)) test(title, define);
  else test.skip(`${title} (skipped: it takes ${needs})`, define);
}

/** Runs in a child. Connects twice: the first connection asks for a cookie, the second comes with its bytes. */
function openTwice() {
  const server = net.createServer({ fastOpen: true }, (peer) => {
    peer.on('data', (data) => {
      console.log(JSON.stringify(['server', String(data), peer.info().synDataAcked]));
      peer.end(data);
    });
  });
  const ask = (text) => new Promise((resolve, reject) => {
    const client = net.connect({ port: server.address().port, host: '127.0.0.1', fastOpen: true });
    client.on('error', reject).on('close', resolve);
    client.on('data', (data) => {
      console.log(JSON.stringify(['client', String(data), client.info().synDataAcked]));
    });
    client.write(text);
    client.end();
  });
  server.listen(0, '127.0.0.1', async () => {
    const { port } = server.address();
    await ask('first');
    await ask('second');
    await new Promise((resolve) => { server.close(resolve); });
    // Nobody listens any more: with the cookie it connects, and then fails.
    const gone = net.connect({ port, host: '127.0.0.1', fastOpen: true });
    gone.on('error', ({ code }) => {
      console.log(JSON.stringify(['gone', code]));
      process.exit();
    });
    gone.write('text');
  });
}

/** Runs in a child. Connects to where nobody listens, and is redirected. */
async function connectRedirected() {
  const server = net.createServer((peer) => {
    console.log(JSON.stringify([peer.originalDestination(), peer.localPort]));
    peer.end();
  });
  await new Promise((resolve) => { server.listen(7002, '::', resolve); });
  for (const host of ['10.7.0.1', 'fd07::1']) {
    const client = net.connect(7001, host).resume();
    await new Promise((resolve) => { client.on('close', resolve); });
  }
  server.close();
}

/**
 * @param {Function} code of the child
 * @param {string[]} prefix
 * @returns {Promise<Array>} what it has printed
 */
async function run(code, prefix) {
  const { stdout, ...end } = await spawnNode('rsnet', code, { prefix });
  expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

describeRsnet('options of the kernel in a network namespace', () => {
  const tools = 'root, unshare and iproute2';

  testIn('fastOpen: the second connection sends its bytes with the SYN', fastOpen, tools, async () => {
    const seen = await run(openTwice, fastOpen);
    expect(seen.filter(([who]) => who === 'server')).toEqual([['server', 'first', false], ['server', 'second', true]]);
    expect(seen.filter(([who]) => who === 'client')).toEqual([['client', 'first', false], ['client', 'second', true]]);
    expect(seen.at(-1)).toEqual(['gone', 'ECONNREFUSED']);
  });

  testIn('originalDestination of redirected connections', redirect, `nft, ${tools}`, async () => {
    expect(await run(connectRedirected, redirect)).toEqual([
      [{ address: '10.7.0.1', family: 'IPv4', port: 7001 }, 7002],
      [{ address: 'fd07::1', family: 'IPv6', port: 7001 }, 7002],
    ]);
  });
});
