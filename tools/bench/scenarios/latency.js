'use strict';

const { requests } = require('./units');

const RATE = 100;
/** Milliseconds for which JS is busy, and then idle for as long. */
const BUSY = 5;

/** What "no worse" means where two equal programs differ by chance. */
const NO_WORSE = 1.1;

/** Enough requests for a 99th percentile. */
const times = { time: 5000, quickTime: 1500 };

module.exports = [
  {
    id: 'latency-busy',
    title: 'latency of 100 requests/s while JS is busy half of the time',
    ...requests,
    ...times,
    kind: 'server',
    // Half of the requests meet a busy thread: the median falls on the edge between the halves, and jumps.
    metric: 'mean',
    latency: true,
    quick: true,
    without: ['limit'],
    tested: { role: 'echo', options: { busy: BUSY } },
    load: { role: 'probe', options: { rate: RATE } },
    targets: [{ atMost: NO_WORSE }, { metric: 'p99', atMost: NO_WORSE }],
  },
  {
    id: 'latency-bulk',
    title: 'latency of 100 requests/s while a bulk transfer comes in beside them',
    ...requests,
    ...times,
    kind: 'server',
    metric: 'p50',
    latency: true,
    quick: true,
    tested: { role: 'pair', options: {} },
    load: { role: 'probe', options: { rate: RATE }, bulk: true },
    targets: [{ atMost: NO_WORSE }, { metric: 'p99', atMost: NO_WORSE }],
  },
];
