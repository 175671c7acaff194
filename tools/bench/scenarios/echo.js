'use strict';

const { MESSAGES, requests } = require('./units');

/**
 * An echo server under test; every connection waits for its reply before it sends again.
 * @param {number} conns
 * @param {number} size bytes of a message
 * @param {object} more what this one has of its own
 * @returns {import('.').Scenario}
 */
function echo(conns, size, more) {
  const bytes = size < 1024 ? `${size} B` : `${size / 1024} KB`;
  const amount = conns === 1 ? '1 connection' : `${conns.toLocaleString('en')} connections`;
  return {
    id: `echo-${size}-${conns}`,
    title: `echo ${bytes}, ${amount}`,
    ...requests,
    latency: true,
    kind: 'server',
    tested: { role: 'echo', options: {} },
    load: { role: 'echo', options: { conns, size } },
    ...more,
  };
}

/**
 * The same with both ends on one processor. With two, most of a round trip is the kernel's way of waking the other
 * one; here it is the work.
 * @param {number} conns
 * @returns {import('.').Scenario}
 */
function pinned(conns) {
  const scenario = echo(conns, 64, { pinned: true, targets: [] });
  return { ...scenario, id: `${scenario.id}-pinned`, title: `${scenario.title}, one processor for both ends` };
}

module.exports = [
  echo(1, 64, { quick: true, targets: [{ atLeast: 1 }, { metric: 'p50', atMost: 1 }] }),
  echo(10, 64, { quick: true, targets: [{ atLeast: 1.4 }, { atLeastPeer: 'bun' }] }),
  echo(100, 64, { quick: true, targets: [{ atLeast: 1.4 }, { atLeastPeer: 'bun' }] }),
  echo(1000, 64, { quick: true, targets: [{ atLeast: 1.4 }, { atLeastPeer: 'bun' }] }),
  echo(10000, 64, {
    quick: true,
    targets: [{ atLeast: 1.4 }, { metric: 'cpu', atMost: 1.3, ofScenario: 'echo-64-100' }],
  }),
  pinned(1),
  pinned(10),
  echo(100, 16384, { quick: true, targets: [{ atLeast: 1.3 }] }),
  {
    id: 'pipeline',
    title: 'pipelined client, 100 writes of 64 B in one tick, noDelay',
    ...requests,
    kind: 'client',
    quick: true,
    tested: { role: 'pipeline', options: { count: MESSAGES, size: 64, noDelay: true } },
    load: { role: 'serve-echo', options: { size: 64 } },
    targets: [{ atLeast: 4 }],
  },
  {
    id: 'pipeline-nagle',
    title: 'pipelined client, 100 writes of 64 B in one tick',
    ...requests,
    kind: 'client',
    tested: { role: 'pipeline', options: { count: MESSAGES, size: 64, noDelay: false } },
    load: { role: 'serve-echo', options: { size: 64 } },
    targets: [{ atLeast: 4 }],
  },
];
