'use strict';

// What two traces of one program need not have in common, and why. Everything else must be equal.
//
// In every program
// 1. Order between actors. Two sockets, even the two ends of one connection, are told of things by separate wake-ups.
//    So each actor has a trace of its own. Which step an entry belongs to does count.
// 2. Chunks of data. TCP and Unix stream sockets keep no boundaries. So the data of one actor in one step is one entry,
//    where the first of it arrived: its length, a hash of everything the actor has received so far, and whether it is
//    what the other end wrote.
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

/** Events that belong to the writing side of a socket, for rule 6. */
const WRITING = /callback|^(drain|finish|prefinish)$/;

/** Events that rules 7 and 8 leave out. */
const UNSTEADY = /^(drain|pause|resume|pipe|unpipe)$/;

/** Counters that rule 4 leaves out. */
const HELD = /(bytesRead|readableLength)=\d+ /g;

/** Events that say how an abrupt program ended, for rule 10. */
const ENDINGS = /^(error|end|finish|prefinish|iterated|close)$|callback/;

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
 * @returns {Map<string, string[]>} actor and lane -> lines
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
 * What of a trace counts.
 *
 * @param {object[]} entries a trace
 * @param {object} program see generate.js
 * @returns {Map<string, string[]>} actor (in bulk programs: and lane) -> lines
 */
function normalise(entries, program) {
  return program.bulk ? normaliseBulk(entries, program.abrupt) : normaliseFine(entries, /highWaterMark/.test(JSON.stringify(program)));
}

module.exports = { normalise };
