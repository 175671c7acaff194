'use strict';

// What two traces of one program need not have in common, and why. Everything else must be equal.
//
// In every program
// 1. Order between actors. Two sockets, even the two ends of one connection, are told of things by separate wake-ups.
//    So each actor has a trace of its own. Which step an entry belongs to does count.
// 2. Chunks of data. TCP and Unix stream sockets keep no boundaries. So the data of one actor in one step is one entry,
//    where the first of it arrived: its length, a hash of everything the actor has received so far, and whether it is
//    what the other end wrote. Where bytes go that `unshift` puts back follows from the boundaries, and so does how
//    much a client has taken whose `onread` callback stops it: neither hash nor length are compared there.
// 3. Ports that the kernel chose, and the path of the Unix socket. Both are names in the trace (format.js).
// 4. How much a reader holds that does not flow, where `highWaterMark` is small: it reads until it holds that much, and
//    how far it gets beyond depends on the size of a single read.
//
// In bulk programs (generate-bulk.js), which send more than the kernel's buffers hold
// 5. Which step an entry belongs to, and counters between steps. How much the kernel holds depends on memory and time.
// 6. The order between reading, writing and the rest of one socket. Whether a reply arrives before the last write of
//    a burst has ended is the scheduler's doing.
// 7. What write() returns, and 'drain'. Both follow from whether an earlier write was still waiting for the kernel.
// 8. 'pause', 'resume' and 'readable', and the state between steps, for the same reason. The last state counts.
//
// In abrupt bulk programs, in which one end goes away in the middle
// 9. How much arrives, and how many writes succeed. It must still be the beginning of what was written.
// 10. Whether the other end sees a reset, an end or a broken pipe. That depends on what was still unread.
//
// On the tokio backend
// 11. How a socket learns that the other end goes away in this very step: by an end or by ECONNRESET, by a read or by
//     a write. The other end may send bytes, an end and a reset in one step; the built-in, with both ends in one
//     thread, looks after all of them, while the thread that reads for the tokio backend may look in between, as the
//     built-in may with the other end in another process. What this one socket does afterwards is not compared. Only
//     where it is so each time that the program is run; the number of such programs is printed. An end that nobody
//     reads is no event at all. (Over a Unix path the kernel tells of a reset if bytes were unread, and the tokio
//     backend has read them ahead.)
// 12. 'pause' and 'resume', and whether a socket flows, where one is piped, and how much `read()` gives and leaves: one
//     chunk is given if the socket flows, and on Node 26 always. All that follows from the chunks (rule 2), and
//     another thread may read in between two writes of one tick.
// 13. Whether a socket that was destroyed and connects again is closed before the new connect ends: another thread
//     waits for the one, the event loop for the other. What follows from that is not compared: a write that waits for
//     the connect fails when the socket closes.
//
// Of the built-in alone, which may be on the other side, too
// 14. The TypeError from its inside, which nobody can catch, when a listener of 'connectionAttempt' destroys the
//     socket. rsnet leaves the attempt out (__test__/connect/checks.spec.js).

/** Events that belong to the writing side of a socket, for rule 6. */
const WRITING = /callback|^(drain|finish|prefinish)$/;

/** Events that rules 7 and 8 leave out. */
const UNSTEADY = /^(drain|pause|resume|pipe|unpipe)$/;

/** Counters that rule 4 leaves out. */
const HELD = /(bytesRead|readableLength)=\d+ /g;

/** An `onread` callback that stops after so many bytes does not stop (generate.js). */
const NEVER = 1e9;

/** Properties that rule 12 leaves out. */
const FLOWING = /\b(readableFlowing|paused)=\w+ /g;

/** What `read()` gives, and what it leaves, for rule 12. */
const GIVEN = / of \d+(?="$)/;
const LEFT = /readableLength=\d+ /;

/** Events that say how an abrupt program ended, for rule 10. */
const ENDINGS = /^(error|end|finish|prefinish|iterated|close)$|callback/;

/** For rule 11: lines of a socket that learns that its end is gone, of one that goes, of one that does not read. */
const LEARNS = /^(\d+): (?:event (?:error|uncaught|end|prefinish|finish|close|iterated|.*callback)\b|write \d+ \w+ \w+ ->)/;
const LEAVES = /: event (?:finish|close|drop)\b/;
const UNREAD = /^(\d+): state .*readableEnded=false (?:readableFlowing=(?:null|false) )?readableEncoding/;
/** For rule 14. */
const FAULT = /^TypeError: Cannot read properties of null \(reading 'connect'\)/;

/** For rule 13. */
const AGAIN = /^(\d+): event (close|connect|connectionAttemptFailed)\b/;

/**
 * One entry as a line.
 *
 * @param {object} entry
 * @returns {string}
 */
function line(entry) {
  const { detail, kind, label } = entry;
  if (kind === 'data') {
    const intact = entry.intact ? '' : ' not what was written';
    return `data ${entry.length} (${label} so far ${entry.hash.toString(16)})${intact}`;
  }
  return kind === 'call' ? `${label} -> ${detail}` : `${kind} ${label}${detail && ` ${detail}`}`;
}

/**
 * Rules 1 to 4.
 *
 * @param {object[]} entries a trace
 * @param {boolean} smallBuffers whether a `highWaterMark` is set
 * @returns {Map<string, string[]>} actor -> lines
 */
function normaliseFine(entries, smallBuffers) {
  const lines = new Map();
  const firstData = new Map();
  for (const entry of entries) {
    if (!lines.has(entry.actor)) lines.set(entry.actor, []);
    const place = lines.get(entry.actor);
    if (entry.kind === 'data') {
      const key = `${entry.actor} ${entry.step} ${entry.label}`;
      const first = firstData.get(key);
      if (first) {
        first.entry = { ...entry, length: entry.length + first.entry.length };
        place[first.index] = `${entry.step}: ${line(first.entry)}`;
        continue;
      }
      firstData.set(key, { index: place.length, entry });
    }
    const text = `${entry.step}: ${line(entry)}`;
    place.push(smallBuffers ? text.replace(HELD, '') : text);
  }
  return lines;
}

/**
 * Rules 1 to 10.
 *
 * @param {object[]} entries a trace
 * @param {boolean} abrupt whether one end goes away in the middle
 * @returns {Map<string, string[]>} actor and backend -> lines
 */
function normaliseBulk(entries, abrupt) {
  const lines = new Map();
  const received = new Map();
  const last = new Map();
  const add = (key, text) => {
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push(text);
  };
  for (const entry of entries) {
    const { actor, kind, label } = entry;
    if (kind === 'data') {
      received.set(actor, (received.get(actor) ?? 0) + entry.length);
      if (!entry.intact) add(`${actor} reading`, 'not what was written');
    } else if (kind === 'state' || kind === 'counters') {
      last.set(`${actor} ${kind}`, `${label}`);
    } else if (kind === 'call') {
      if (!abrupt) add(`${actor} calls`, /^write /.test(label) ? label : line(entry));
    } else if (!UNSTEADY.test(label) && !(abrupt && ENDINGS.test(label))) {
      add(`${actor} ${WRITING.test(label) ? 'writing' : 'rest'}`, line(entry));
    }
  }
  if (abrupt) return lines;
  for (const [actor, bytes] of received) add(`${actor} reading`, `${bytes} bytes`);
  for (const [key, text] of last) add(key, text);
  return lines;
}

/**
 * Rule 14.
 *
 * @param {object} entry
 * @returns {boolean} whether it is an error from the built-in's inside
 */
function isFault({ detail, kind, label }) {
  return kind === 'event' && label === 'uncaught' && FAULT.test(detail);
}

/**
 * Rule 13.
 *
 * @param {string | undefined} one line
 * @param {string | undefined} other line
 * @returns {boolean} whether one tells of a close and the other of a connect, in one step
 */
function isAgain(one, other) {
  const [step, event] = AGAIN.exec(one)?.slice(1) ?? [];
  const [otherStep, otherEvent] = AGAIN.exec(other)?.slice(1) ?? [];
  return step !== undefined && step === otherStep && (event === 'close') !== (otherEvent === 'close');
}

/**
 * Rule 11.
 *
 * @param {string | undefined} expected line of the built-in
 * @param {string | undefined} actual line of the tokio backend
 * @param {string} actor whose lines these are
 * @param {Map<string, string[]>} lines all of the built-in
 * @returns {boolean} whether the difference between the two is open there
 */
function isOpenOnWorker(expected, actual, actor, lines) {
  const [learns, otherLearns] = [LEARNS.exec(expected)?.[1], LEARNS.exec(actual)?.[1]];
  const step = learns ?? otherLearns;
  if (step === undefined) return false;
  if ((learns ?? UNREAD.exec(expected)?.[1]) !== step) return false;
  if ((otherLearns ?? UNREAD.exec(actual)?.[1]) !== step) return false;
  const leaves = (own) => own.some((one) => one.startsWith(`${step}: event `) && LEAVES.test(one));
  return [...lines].some(([other, own]) => other !== actor && leaves(own));
}

/**
 * @param {object} program see generate.js
 * @returns {boolean} whether bytes are put back that may arrive again, which nobody has written then
 */
function putsBack(program) {
  return JSON.stringify(program).includes('["unshift",');
}

/**
 * Rule 2, for what follows from the boundaries of chunks.
 *
 * @param {object[]} entries a trace
 * @param {object} program see generate.js
 * @returns {object[]}
 */
function withoutBoundaries(entries, program) {
  const unshifts = putsBack(program);
  const stops = new Set();
  for (const [number, { onread }] of program.clients.entries()) {
    if (onread?.stopAfter < NEVER) stops.add(`c${number}`);
  }
  if (!unshifts && stops.size === 0) return entries;
  return entries.map((entry) => {
    const stopped = stops.has(entry.actor);
    if (entry.kind === 'data') return { ...entry, length: stopped ? 0 : entry.length, hash: 0 };
    return stopped && entry.kind === 'counters' ? { ...entry, label: entry.label.replace(HELD, '') } : entry;
  });
}

/**
 * What of a trace counts.
 *
 * @param {object[]} entries a trace
 * @param {object} program see generate.js
 * @param {boolean} onWorker whether it is compared with one of the tokio backend
 * @returns {Map<string, string[]>} actor (in bulk programs: and backend) -> lines
 */
function normalise(entries, program, onWorker) {
  const text = JSON.stringify(program);
  const isPiped = onWorker && text.includes('["pipe",');
  const counts = ({ kind, label }) => kind !== 'event' || !/^(pause|resume)$/.test(label);
  const steady = (entry) => (entry.kind === 'state' ? { ...entry, label: entry.label.replace(FLOWING, '') } : entry);
  const reads = text.includes('["read"]');
  const ungiven = (entry) => {
    if (entry.kind === 'call' && entry.label === 'read') return { ...entry, detail: entry.detail.replace(GIVEN, '') };
    return reads && entry.kind === 'counters' ? { ...entry, label: entry.label.replace(LEFT, '') } : entry;
  };
  const told = withoutBoundaries(entries.filter((entry) => !isFault(entry)), program);
  const cut = onWorker ? told.map(ungiven) : told;
  const kept = isPiped ? cut.filter(counts).map(steady) : cut;
  return program.bulk ? normaliseBulk(kept, program.abrupt) : normaliseFine(kept, text.includes('highWaterMark'));
}

module.exports = { isAgain, isOpenOnWorker, normalise, putsBack };
