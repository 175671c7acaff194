'use strict';

/**
 * The points of a connection's life at which a fault strikes, and the faults: the rows and columns of the table.
 *
 * A point arranges the connection, may choose the listener in which the fault strikes, and may go on afterwards,
 * where nothing would be noticed otherwise. See `fault-proxy.js` for the connection `c`.
 */

const { closed, once, receive, turn } = require('./events');
const { until } = require('./fault-proxy');

/** More than the kernel takes of a peer that does not read (tcp(7): tcp_wmem, tcp_rmem). */
const LARGE = Buffer.alloc(8 << 20, 'l');

/** More than one read finds, and less than the kernel takes. */
const AHEAD = Buffer.alloc(160 << 10, 'a');

/** Milliseconds of silence after which a stalled connection is given up. */
const PATIENCE = 20;

/**
 * @typedef {object} Point
 * @property {string} title
 * @property {object} [options] of the subject
 * @property {boolean} [stopped] the subject does not read from the start
 * @property {boolean} [loose] how much was read before the fault is up to the kernel
 * @property {boolean} [behind] a FIN waits behind bytes that the subject does not read
 * @property {boolean} [ends] the subject has to end what the peer closed
 * @property {string[]} [without] faults that cannot happen there
 * @property {(c: object) => Promise<void> | void} [arrange]
 * @property {(c: object, strike: () => Promise<void>) => Promise<void>} [when] strikes, directly when left out
 * @property {(c: object) => void} [after] in the tick of the fault
 */

/**
 * Strike in a listener of the subject, synchronously.
 *
 * @param {object} c
 * @param {string} event
 * @param {() => Promise<void>} strike
 * @returns {Promise<void>}
 */
function inListener(c, event, strike) {
  return new Promise((resolve, reject) => {
    c.subject.once(event, () => strike().then(resolve, reject));
  });
}

/**
 * Write to the subject and wait until it has it.
 *
 * @param {object} c
 * @returns {Promise<void>}
 */
async function exchange(c) {
  const arrived = receive(c.subject, 5);
  c.peer.write('hello');
  await arrived;
}

/**
 * The subject reads, and has ended its side.
 *
 * @param {import('./fault-proxy').FaultyConnection} c
 * @returns {Promise<void>}
 */
async function endFirst(c) {
  c.subject.resume();
  const finished = once(c.subject, 'finish');
  c.ended('end');
  await finished;
  c.settleEnded();
}

/** @type {Point[]} */
const POINTS = [
  { title: 'connected, reading not started', stopped: true, after: (c) => c.subject.resume() },
  { title: 'connected, nobody listens for data', after: (c) => setImmediate(() => c.subject.resume()) },
  { title: 'flowing', arrange: (c) => { c.subject.resume(); } },
  {
    title: 'flowing, half-open allowed',
    options: { allowHalfOpen: true },
    ends: true,
    arrange: (c) => { c.subject.resume(); },
  },
  { title: 'after data', arrange: exchange },
  {
    title: 'in a data listener',
    without: ['stall', 'trickle'],
    when: (c, strike) => {
      const struck = inListener(c, 'data', strike);
      c.peer.write('strike');
      return struck;
    },
  },
  {
    title: 'in a write callback',
    without: ['stall', 'trickle'],
    arrange: (c) => { c.subject.resume(); },
    // What it wrote was read, for only `unread` leaves something unread.
    when: (c, strike) => new Promise((resolve, reject) => {
      c.peer.once('data', () => {
        c.peer.pause();
        c.subject.write('', () => strike().then(resolve, reject));
      }).resume();
      c.subject.write('first');
    }),
  },
  {
    title: 'paused after data',
    arrange: async (c) => {
      await exchange(c);
      c.subject.pause();
    },
    after: (c) => setImmediate(() => c.subject.resume()),
  },
  {
    title: 'held back by its own buffer',
    stopped: true,
    // Whether a reset behind data is told as one depends on how the reads before it cut the data.
    without: ['reset', 'unread', 'last words, reset'],
    loose: true,
    behind: true,
    arrange: async (c) => {
      await new Promise((resolve) => c.peer.write(AHEAD, resolve));
      c.subject.read(0);
      await until(() => c.subject.readableLength >= c.subject.readableHighWaterMark);
      c.settleSent();
    },
    after: (c) => setImmediate(() => c.subject.resume()),
  },
  {
    title: 'in the middle of a write',
    without: ['unread'],
    arrange: async (c) => {
      c.subject.resume();
      c.written('large', LARGE);
      await c.fill();
    },
  },
  {
    // On the tokio backend another thread may find meanwhile that the kernel takes more.
    title: 'at the start of a write',
    without: ['unread'],
    arrange: (c) => {
      c.subject.resume();
      c.written('large', LARGE);
    },
  },
  {
    title: 'in the middle of several writes',
    without: ['unread'],
    arrange: async (c) => {
      c.subject.resume();
      c.written('large', LARGE);
      c.written('second', 'second');
      c.written('third', LARGE);
      await c.fill();
    },
  },
  {
    title: 'in the middle of a write, not reading',
    stopped: true,
    without: ['unread', 'fin', 'last words, fin', 'last words, close', 'trickle'],
    arrange: async (c) => {
      c.written('large', LARGE);
      await c.fill();
    },
  },
  {
    title: 'with an end pending behind a write',
    without: ['unread'],
    arrange: async (c) => {
      c.subject.resume();
      c.ended('end', LARGE);
      await c.fill();
    },
  },
  {
    title: 'corked',
    without: ['unread', 'trickle'],
    arrange: (c) => {
      c.subject.resume();
      c.subject.cork();
      c.written('first', 'first');
      c.written('second', 'second');
    },
    after: (c) => setImmediate(() => c.subject.uncork()),
  },
  {
    title: 'half-open, the subject has ended',
    options: { allowHalfOpen: true },
    without: ['unread'],
    arrange: endFirst,
  },
  {
    title: 'ended, the peer has not',
    without: ['unread'],
    arrange: endFirst,
  },
  {
    title: 'half-open, the peer has ended',
    options: { allowHalfOpen: true },
    without: ['fin', 'last words, fin', 'last words, close', 'last words, reset', 'trickle'],
    arrange: async (c) => {
      c.subject.resume();
      const end = once(c.subject, 'end');
      await c.fin();
      await end;
    },
    after: (c) => setImmediate(() => {
      c.written('late', 'late');
      c.written('later', 'later');
    }),
  },
  {
    title: 'half-open, in the middle of a write after the peer has ended',
    options: { allowHalfOpen: true },
    without: ['unread', 'fin', 'last words, fin', 'last words, close', 'last words, reset', 'trickle'],
    arrange: async (c) => {
      c.subject.resume();
      const end = once(c.subject, 'end');
      await c.fin();
      await end;
      c.written('large', LARGE);
      await c.fill();
    },
  },
  {
    title: 'in an end listener',
    without: ['fin', 'last words, fin', 'last words, close', 'last words, reset', 'trickle', 'stall', 'unread'],
    arrange: (c) => { c.subject.resume(); },
    when: async (c, strike) => {
      const struck = inListener(c, 'end', strike);
      await c.fin();
      await struck;
    },
  },
  {
    title: 'with a destroy pending',
    without: ['stall', 'trickle', 'unread', 'fin', 'last words, fin', 'last words, close'],
    arrange: (c) => c.t.call('subject', 'destroy', () => void c.subject.destroy()),
  },
  {
    title: 'with a destroy of its own error pending',
    without: ['stall', 'trickle', 'unread', 'fin', 'last words, fin', 'last words, close'],
    arrange: (c) => c.t.call('subject', 'destroy', () => void c.subject.destroy(new RangeError('its own'))),
  },
  {
    title: 'with a destroySoon pending behind a write',
    without: ['unread', 'fin', 'last words, fin', 'last words, close', 'trickle'],
    arrange: async (c) => {
      c.subject.resume();
      c.written('large', LARGE);
      await c.fill();
      c.t.call('subject', 'destroySoon', () => void c.subject.destroySoon());
    },
  },
  {
    title: 'with a destroy in the middle of a write',
    without: ['unread', 'stall', 'trickle', 'fin', 'last words, fin', 'last words, close'],
    arrange: async (c) => {
      c.subject.resume();
      c.written('large', LARGE);
      await c.fill();
      c.t.call('subject', 'destroy', () => void c.subject.destroy());
    },
  },
  {
    title: 'piped to itself',
    without: ['unread'],
    arrange: async (c) => {
      c.subject.pipe(c.subject);
      const echo = receive(c.peer, 4);
      c.peer.resume().write('echo');
      await echo;
      c.peer.pause();
    },
  },
];

/**
 * @typedef {object} Fault
 * @property {string} title
 * @property {boolean} [tcp] whether only TCP has it
 * @property {boolean} [open] whether the subject has to end, or to give up
 * @property {string[]} [unseen] events that are not compared
 * @property {(c: object, point: Point) => Promise<void>} strike up to its first `await` nothing turns the loop
 */

/** @type {Fault[]} */
const FAULTS = [
  { title: 'reset', tcp: true, strike: async (c) => c.reset() },
  { title: 'close', strike: async (c, point) => c.close(!point.behind) },
  {
    title: 'unread',
    strike: async (c) => {
      c.written('unread', 'unread');
      c.settleUnread();
      c.close();
    },
  },
  { title: 'fin', open: true, strike: (c, point) => c.fin(!point.behind) },
  {
    title: 'last words, fin',
    open: true,
    strike: (c, point) => {
      c.peer.write('last words');
      return c.fin(!point.behind && !point.stopped);
    },
  },
  {
    title: 'last words, close',
    strike: async (c, point) => {
      c.peer.write('last words');
      if (!point.behind) c.settleSent();
      c.close(!point.behind);
    },
  },
  {
    title: 'last words, reset',
    tcp: true,
    strike: async (c, point) => {
      c.peer.write('last words');
      if (!point.behind) c.settleSent();
      c.reset();
    },
  },
  {
    title: 'trickle',
    open: true,
    // How many bytes one read finds is up to the kernel.
    unseen: ['readable'],
    strike: async (c) => {
      for (const letter of 'one byte at a time') {
        await new Promise((resolve) => c.peer.write(letter, resolve));
        await turn();
      }
      await c.fin(false);
    },
  },
  {
    title: 'stall',
    strike: async (c) => {
      c.subject.setTimeout(PATIENCE, () => c.subject.destroy());
    },
  },
];

/**
 * Bring a connection to a point, let the fault strike, and wait for the end.
 *
 * @param {object} c
 * @param {Point} point
 * @param {Fault} fault
 * @returns {Promise<void>}
 */
async function suffer(c, point, fault) {
  const { subject, peer } = c;
  const end = new Promise((resolve) => subject.once('end', resolve).once('close', resolve));
  const over = closed(subject);
  await point.arrange?.(c);
  const strike = () => {
    const struck = fault.strike(c, point);
    if (!fault.open) point.after?.(c);
    return struck;
  };
  await (point.when ? point.when(c, strike) : strike());
  if (fault.open) point.after?.(c);
  if (fault.open || point.ends) {
    await end;
    peer.resume();
    if (subject.allowHalfOpen && !subject.writableEnded && !subject.destroyed) c.ended('end');
  }
  await over;
}

module.exports = { FAULTS, POINTS, suffer };
