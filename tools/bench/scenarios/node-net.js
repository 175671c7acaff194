'use strict';

// Node's own benchmark/net: client to server (c2s), server to client (s2c), both ways (pipe), in one process.

const { gigabits } = require('./units');

const TYPES = ['utf', 'asc', 'buf'];
const MEGABYTE = 1024 * 1024;
/** From this length on a row counts as large, and to this one as small. */
const LARGE = 32 * 1024;
const SMALL = [64, 256];

/** The few rows of a quick run. */
const QUICK = new Set([
  'net-c2s len=64 type=buf', 'net-c2s len=102400 type=buf',
  'net-pipe len=64 type=buf', 'net-pipe len=102400 type=buf',
  'net-s2c sendchunklen=256 type=buf recvbuflen=0',
]);

/** The rows of Buffers that stand for all in the suite of programs: the large ones, and one small one of each file. */
const PROGRAM = new Set([
  ...[64, 102400, 16 * MEGABYTE].flatMap((len) => [`net-c2s len=${len} type=buf`, `net-pipe len=${len} type=buf`]),
  'net-s2c sendchunklen=256 type=buf recvbuflen=0',
  `net-s2c sendchunklen=${32 * 1024} type=buf recvbuflen=0`,
  `net-s2c sendchunklen=${128 * 1024} type=buf recvbuflen=0`,
  `net-s2c sendchunklen=${128 * 1024} type=buf recvbuflen=${64 * 1024}`,
  `net-s2c sendchunklen=${16 * MEGABYTE} type=buf recvbuflen=0`,
]);

/**
 * One configuration of one file.
 * @param {string} name of the file, without its ending
 * @param {object} config what it is run with
 * @param {boolean} [extra] whether it runs only when named
 * @returns {import('.').Scenario}
 */
function row(name, config, extra = false) {
  const args = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  const title = [name, ...args.filter((arg) => arg !== 'recvbufgenfn=false')].join(' ');
  const length = config.len ?? config.sendchunklen;
  const targets = [{ atLeastPeer: 'bun' }];
  if (length >= LARGE) targets.unshift({ atLeast: 1.15 });
  else if (length >= SMALL[0] && length <= SMALL[1]) targets.unshift({ atLeast: 3 });
  return {
    id: `node/${[name, ...args].join('/')}`,
    title,
    ...gigabits,
    kind: 'suite',
    quick: QUICK.has(title),
    program: PROGRAM.has(title),
    bulk: PROGRAM.has(title) && length >= LARGE,
    extra,
    without: ['limit'],
    file: `net/${name}.js`,
    args,
    targets,
  };
}

/**
 * Every row of net-c2s and net-pipe.
 * @param {string} name
 * @param {number[]} lengths
 * @returns {import('.').Scenario[]}
 */
function simple(name, lengths) {
  return lengths.flatMap((len) => TYPES.map((type) => row(name, { len, type })));
}

/**
 * Every row of net-s2c: read by stream (recvbuflen 0), into one buffer of the user's, into several in turn.
 * @returns {import('.').Scenario[]}
 */
function serverToClient() {
  const rows = [];
  for (const sendchunklen of [256, 32 * 1024, 128 * 1024, 16 * MEGABYTE]) {
    for (const type of TYPES) {
      rows.push(row('net-s2c', { sendchunklen, type, recvbuflen: 0, recvbufgenfn: 'false' }));
      for (const recvbuflen of [64 * 1024, MEGABYTE]) {
        rows.push(row('net-s2c', { sendchunklen, type, recvbuflen, recvbufgenfn: 'false' }));
        rows.push(row('net-s2c', { sendchunklen, type, recvbuflen, recvbufgenfn: 'true' }, type !== 'buf'));
      }
    }
  }
  return rows;
}

module.exports = [
  ...simple('net-c2s', [64, 102400, 16 * MEGABYTE]),
  ...serverToClient(),
  ...simple('net-pipe', [2, 64, 102400, 16 * MEGABYTE]),
  ...[4, 8, 16, 32, 64, 128, 512, 1024].map((len) => row('net-c2s-cork', { len, type: 'buf' }, true)),
];
