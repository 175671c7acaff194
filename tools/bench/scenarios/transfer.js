'use strict';

const { bytes } = require('./units');

const CHUNK = 64 * 1024;

module.exports = [
  {
    id: 'bulk-receive',
    title: 'bulk receive, 1 connection, 64 KB chunks',
    ...bytes,
    kind: 'server',
    quick: true,
    bulk: true,
    tested: { role: 'sink', options: {} },
    load: { role: 'send', options: { chunk: CHUNK } },
    targets: [{ atLeast: 1.15 }],
  },
  {
    id: 'bulk-send',
    title: 'bulk send, 1 connection, 64 KB chunks',
    ...bytes,
    kind: 'server',
    quick: true,
    bulk: true,
    tested: { role: 'source', options: { chunk: CHUNK } },
    load: { role: 'receive', options: {} },
    targets: [{ atLeast: 1.15 }],
  },
];
