'use strict';

// What happens in one session, from the seed of the run and the number of the session alone: the client sends the
// number first, and then both sides know what the other one is going to do.

const { LONGEST } = require('./bytes');
const { random, randomSize } = require('./random');

/** Bytes in front of everything that a client sends: the number of the session and the seed of the run. */
const HEADER = 8;

/** The kinds of session and how many of a hundred are of it. */
const KINDS = [
  ['echo', 45], // the server sends back what it gets
  ['both', 20], // both sides send something of their own at the same time
  ['up', 11], // only the client sends
  ['down', 11], // only the server sends
  ['half', 10], // the server sends after the client has ended its side
  ['timeout', 3], // one side destroys the connection when nothing came for a while
];

/** Longest part of an ordinary session; of every sixtieth it is LONGEST. */
const ORDINARY = 16384;

/**
 * @typedef {object} Abort
 * @property {'client'|'server'} by
 * @property {'destroy'|'reset'} how `reset` is `resetAndDestroy()`, over a Unix path it is `destroy()`
 * @property {number} at bytes that the side has sent and received by then
 * @property {boolean} held the client's only: when the session has been held open for a while
 * @property {'now'|'tick'|'immediate'} when how soon after that
 *
 * @typedef {object} Plan
 * @property {number} id
 * @property {string} kind
 * @property {number} up bytes that the client sends after the header
 * @property {number} upStart where they stand in the block of bytes
 * @property {number} down bytes that the server sends
 * @property {number} downStart
 * @property {number} before bytes of `up` sent before the session is held
 * @property {boolean} hold the client keeps it open until it is told to go on
 * @property {boolean} pause the client does not read while it holds it
 * @property {boolean} turns readers pause for some turns now and then
 * @property {'client'|'server'} ender whose side ends first
 * @property {boolean} early the client ends as soon as it has sent all, not when it has received all, too
 * @property {boolean} onread the client reads by `onread`
 * @property {Abort|null} abort
 * @property {number} timeout milliseconds; 0 for none
 * @property {'client'|'server'} timeoutBy
 * @property {number} writes seed of how bytes are cut into writes
 */

/**
 * @param {number} seed of the run
 * @param {number} id number of the session, from 0
 * @returns {Plan}
 */
function planOf(seed, id) {
  const next = random(Math.imul(seed ^ 0x5bd1e995, 0x85ebca6b) ^ Math.imul(id + 1, 0x9e3779b1));
  let chosen = next(100);
  const [kind] = KINDS.find(([, share]) => (chosen -= share) < 0);
  const longest = next(60) === 0 ? LONGEST : ORDINARY;
  const up = kind === 'down' ? 0 : randomSize(next, longest);
  const down = kind === 'echo' ? up : kind === 'up' ? 0 : randomSize(next, longest);
  const upStart = next(LONGEST);
  const either = () => (next(2) ? 'client' : 'server');
  const plan = {
    id,
    kind,
    up,
    upStart,
    down,
    downStart: kind === 'echo' ? upStart : next(LONGEST),
    before: next(up + 1),
    hold: next(4) !== 0,
    pause: next(4) === 0,
    turns: next(5) === 0,
    ender: kind === 'echo' || kind === 'half' ? 'client' : either(),
    early: kind === 'half' || next(2) === 0,
    onread: next(10) === 0,
    abort: null,
    timeout: kind === 'timeout' ? 50 + next(950) : 0,
    timeoutBy: either(),
    writes: next(4294967296),
  };
  if (kind !== 'timeout' && next(100) < 15) {
    plan.abort = {
      by: either(),
      how: next(2) ? 'destroy' : 'reset',
      at: next(up + down),
      held: next(3) === 0,
      when: ['now', 'tick', 'immediate'][next(3)],
    };
  }
  return plan;
}

/**
 * @param {Plan} plan
 * @returns {boolean} whether both sides must see all bytes and both ends
 */
function isClean(plan) {
  return plan.abort === null && plan.timeout === 0;
}

module.exports = { HEADER, isClean, planOf };
