'use strict';

// Starting up, and connecting where one family of addresses is slow or dead.

const path = require('node:path');
const { ROOT } = require('../paths');
const { connections } = require('./units');

/** Runtimes whose command line is another. */
const OTHERS = ['limit', 'bun', 'deno', 'rsnet-bun', 'rsnet-deno'];

/** What "no worse" means where two equal programs differ by chance. */
const NO_WORSE = 1.1;

const starts = { unit: 'starts/s', scale: 1, cpuUnit: 'ms/start', cpuScale: 1e3 };

/**
 * In a network namespace of its own, a handshake with 10.5.0.6 or fd05::6 takes 300 ms, one with 10.5.0.8 takes 2 ms,
 * and all others of their networks swallow what they get.
 */
const NETWORK = `ip link set lo up; python3 '${path.join(ROOT, '__test__', 'fixtures', 'slow-network.py')}' ` +
  '6=150 8=1 </dev/null >/dev/null 2>&1';

/**
 * How long a connect takes that tries two addresses in turn.
 * @param {string} id
 * @param {string} title
 * @param {string[]} addresses
 * @param {number} atMost times the built-in's time
 * @returns {import('.').Scenario}
 */
function race(id, title, addresses, atMost) {
  return {
    id,
    title,
    ...connections,
    kind: 'self',
    metric: 'p50',
    latency: true,
    // It takes root, unshare, iproute2, python3 and /dev/net/tun.
    extra: true,
    time: 3000,
    without: OTHERS,
    network: NETWORK,
    tested: { file: 'clients.cjs', role: 'race', options: { concurrency: 1, addresses } },
    targets: [{ atMost }],
  };
}

module.exports = [
  {
    id: 'start',
    title: 'start of `node -e 0`, with rsnet registered',
    ...starts,
    kind: 'start',
    metric: 'p50',
    latency: true,
    without: OTHERS,
    time: 2000,
    command: ['-e', '0'],
    // To find and to load what registers takes Node some milliseconds.
    targets: [{ atMost: 1.5 }, { metric: 'peak', atMost: 1.25 }],
  },
  race('race-dead', 'connect where IPv6 swallows all', ['fd05::7', '10.5.0.8'], NO_WORSE),
  race('race-slow', 'connect where both handshakes take 300 ms', ['fd05::6', '10.5.0.6'], 0.7),
];
