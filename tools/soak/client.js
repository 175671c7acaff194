'use strict';

// The client process: node --expose-gc client.js OPTIONS, with OPTIONS as JSON (see run.js). It opens sessions
// until all of them, or the time, are over, and has to end by itself.

const { ClientSession } = require('./client-session');
const { Monitor, collect, sample, warmUp } = require('./monitor');
const { planOf } = require('./plan');
const { random } = require('./random');

const { module: moduleName, connections, interval, open: mostOpen, seconds, seed } = JSON.parse(process.argv[2]);
const net = require(moduleName);
const next = random(seed);

/** Sessions that transfer at the same time; the others are held open. */
const ACTIVE = 150;
/** One of this many connections names its own address, of so many. */
const BOUND_SHARE = 8;
const BOUND_ADDRESSES = 16;

let started = 0;
let where = [];
let deadline = Infinity;
let finish;
/** All sessions, and those that are held open, in an order of no meaning. */
const sessions = new Set();
const held = [];
/** Held by themselves until a timeout: they are not released. */
const waiting = new Set();
const monitor = new Monitor(interval, () => sessions.size);

/**
 * @param {number} id
 * @returns {object} for `connect`
 */
function target(id) {
  const chosen = where[id % where.length];
  if (id % BOUND_SHARE !== 0 || !chosen.host?.includes('.')) return chosen;
  return { ...chosen, localAddress: `127.0.1.${1 + Math.floor(id / BOUND_SHARE) % BOUND_ADDRESSES}` };
}

/** @param {ClientSession} session that is held open from here on */
function onHeld(session) {
  if (session.plan.timeout) {
    waiting.add(session);
  } else {
    session.index = held.push(session) - 1;
  }
  schedule();
}

/**
 * Take a session out of those that are held.
 *
 * @param {ClientSession} session
 * @returns {void}
 */
function unhold(session) {
  const last = held.pop();
  if (last !== session) {
    held[session.index] = last;
    last.index = session.index;
  }
  session.index = -1;
}

/**
 * @param {import('./client-session').Entry} entry
 * @param {ClientSession} session that has ended
 * @returns {void}
 */
function onClose(entry, session) {
  if (session.index >= 0) unhold(session);
  waiting.delete(session);
  sessions.delete(session);
  monitor.add(entry);
  schedule();
}

let scheduled = false;

/** Open and release sessions soon, not inside of one that is about to. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    advance();
  });
}

/** Open sessions as long as fewer than wanted are open, and release others otherwise. */
function advance() {
  const over = started >= connections || Date.now() > deadline;
  while (sessions.size - held.length - waiting.size < ACTIVE) {
    if (!over && started < connections && sessions.size < mostOpen) {
      const id = started++;
      const to = target(id);
      const session = new ClientSession(planOf(seed, id), seed, to.path !== undefined, { onHeld, onClose });
      session.index = -1;
      sessions.add(session);
      session.start(net, to);
    } else if (held.length > 0) {
      const session = held[next(held.length)];
      unhold(session);
      session.release();
    } else {
      break;
    }
  }
  if (over && sessions.size === 0) finish();
}

(async () => {
  await warmUp(net);
  const before = sample(0);
  process.send({ ready: { before } });
  process.on('message', async (message) => {
    if (message === 'stuck') {
      const stuck = [...sessions].map(({ plan, held: isHeld, flags }) => ({ ...plan, isHeld, flags }));
      return void process.send({ stuck });
    }
    ({ where } = message);
    deadline = Date.now() + seconds * 1000;
    await new Promise((resolve) => {
      finish = resolve;
      advance();
    });
    monitor.stop();
    await collect();
    process.send({ done: { started, after: sample(sessions.size), handles: process.getActiveResourcesInfo() } });
    process.disconnect();
  });
})();
