'use strict';

// Waits between two steps of a program until what the step caused has happened. Time is only the last resort here, and
// never decides what a trace says is right: traces that differ are taken again at a slower pace before they count.

const { setTimeout: sleep } = require('node:timers/promises');

/**
 * How patient a run is, in milliseconds: `quiet` without any event when nothing more is expected, `patience` when
 * something is expected that does not come (it may be that it never should).
 */
const PACES = [
  { quiet: 2, patience: 12 },
  { quiet: 20, patience: 80 },
  { quiet: 60, patience: 300 },
  { quiet: 200, patience: 800 },
];

/** How many times more patient a run of a bulk program is. */
const BULK_PATIENCE = 4;

/** Milliseconds after which a step ends even if things go on happening. */
const STEP_LIMIT = 8000;

/** The most milliseconds that count as waited between two looks: while all stands still, nothing can come. */
const LONGEST_LOOK = 10;

/** @returns {boolean} whether this socket's reader takes whatever arrives */
function takes(socket) {
  return !socket.destroyed && (socket.readableFlowing === true || socket.listenerCount('readable') > 0);
}

/**
 * @param {object} actor with a socket
 * @returns {boolean} whether something is due at this socket
 */
function isDue(actor) {
  const { peer, socket } = actor;
  if (socket.connecting) return true;
  if (socket.destroyed) return !socket.closed;
  if (actor.shortTimeout) return true;
  if (!peer || !peer.socket) return false;
  const other = peer.socket;
  if (!other.destroyed && takes(other) && actor.pendingCallbacks > 0) return true;
  if (!takes(socket) || socket.readableEnded) return false;
  if (actor.incoming && actor.incoming.received < actor.incoming.sent) return true;
  return other.destroyed || other.writableFinished;
}

/**
 * @param {import('./world').World} world
 * @returns {boolean} whether something is due anywhere in the run
 */
function isAnythingDue(world) {
  let open = 0;
  let connected = 0;
  for (const actor of world.actors.values()) {
    if (!actor.socket) continue;
    if (isDue(actor)) return true;
    if (!actor.socket.destroyed && actor.socket.server) open += 1;
    if (actor.name.startsWith('c') && actor.seen.has('connect') && !actor.peer) connected += 1;
  }
  const server = world.actors.get('server');
  // The server may still hear of a client that went away at once.
  const left = ({ connectedIn, socket }) => socket.destroyed && connectedIn === world.step;
  if (server.server.listening && world.unpaired.some(left)) return true;
  if (connected > 0 && server.server.listening && !server.seen.has('drop')) return true;
  if (server.listens && !server.server.listening) {
    if (!server.closing) return !server.seen.has('listening') && !server.seen.has('error');
    return open === 0 && !server.seen.has('close');
  }
  return false;
}

/** @returns {number} a number that changes when bytes move, also those of a reader that emits nothing */
function movement(world) {
  let sum = world.activity;
  for (const { socket } of world.actors.values()) {
    if (socket) sum += socket.bytesRead + socket.readableLength - socket.writableLength;
  }
  return sum;
}

/**
 * Waits until a step has had its effects.
 *
 * @param {import('./world').World} world
 * @param {{quiet: number, patience: number}} pace one of PACES
 * @returns {Promise<void>}
 */
async function settle(world, pace) {
  let last = movement(world);
  let seen = performance.now();
  let waited = 0;
  let quiet = 0;
  let turns = 0;
  // Much data may rest for a while, until the kernel has room again.
  const patience = world.program.bulk ? pace.patience * BULK_PATIENCE : pace.patience;
  for (;;) {
    await sleep(1);
    const now = performance.now();
    const look = Math.min(now - seen, LONGEST_LOOK);
    seen = now;
    waited += look;
    quiet += look;
    const current = movement(world);
    turns += 1;
    if (current !== last) {
      last = current;
      quiet = 0;
      turns = 0;
    }
    if (world.over || waited > STEP_LIMIT) return;
    if (turns < 2) continue;
    if (quiet >= (isAnythingDue(world) ? patience : pace.quiet)) return;
  }
}

module.exports = { PACES, settle };
