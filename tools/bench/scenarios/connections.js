'use strict';

const { connections } = require('./units');

/** Connections open at once in the storms. */
const LOOPS = 32;
/** Ports that the client under test uses in turn, so that its own ports in TIME_WAIT do not run out. */
const PORTS = 16;

module.exports = [
  {
    id: 'connect-server',
    title: 'connect, one byte each way, close: as a server',
    ...connections,
    kind: 'server',
    quick: true,
    tested: { role: 'byte', options: {} },
    load: { role: 'storm', options: { conns: LOOPS } },
    targets: [{ atLeast: 1.2 }],
  },
  {
    id: 'connect-client',
    title: 'connect, one byte each way, close: as a client',
    ...connections,
    kind: 'client',
    quick: true,
    tested: { role: 'storm', options: { conns: LOOPS } },
    load: { role: 'serve-byte', options: { ports: PORTS } },
    targets: [{ atLeast: 1.2 }],
  },
  {
    id: 'idle',
    title: '10,000 idle connections',
    ...connections,
    kind: 'server',
    quick: true,
    metric: 'memory',
    tested: { role: 'idle', options: {} },
    load: { role: 'idle', options: { conns: 10000 } },
    targets: [{ atMost: 1 }],
  },
];
