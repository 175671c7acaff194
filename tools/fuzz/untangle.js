'use strict';

// Takes races out of a fine program. Connecting makes two sockets at one moment, and which of them is told first is
// open: the server's listener may run before or after the client's 'connect'. What both do then must not depend on it.
// On the tokio backend another thread reads, which races with what is written in between.

/** Events that come, or may come, as soon as a client connects or a connection is accepted. */
const AT_ONCE = new Set([
  'lookup', 'connectionAttempt', 'connect', 'ready', 'pause', 'resume', 'finish', 'prefinish', 'drain', 'error',
  'close',
]);

/** Operations after which a socket is, or may be, gone. */
const LEAVING = /^(destroy|destroySoon|dispose|reset|abort|connect|connectTo|connectOdd.*|endOdd|writeOdd|end)$/;

/** Operations that the other end sees. */
const TRAFFIC = /^(write\w*|cork|uncork|end|endOdd|destroy|destroySoon|dispose|reset|abort|connect.*)$/;

/**
 * @param {any[][]} ops
 * @param {RegExp} names operations to leave out
 * @returns {any[][]}
 */
function without(ops, names) {
  return ops.filter(([name]) => !names.test(name));
}

/**
 * Replaces operations of the hooks that run at once.
 *
 * @param {object} config of a client or an accepted connection
 * @param {RegExp} names operations to leave out
 */
function calmHooks(config, names) {
  for (const hook of config.hooks ?? []) {
    if (AT_ONCE.has(hook.event)) hook.ops = without(hook.ops, names);
  }
}

/**
 * Leaves out things of which nothing is to be learnt: a socket that is destroyed in its own 'connectionAttempt'
 * listener (by a write after its end, too) makes the built-in throw a TypeError from its inside; how many buffers of
 * `onread` are filled before an operation of a listener takes effect is open, as with all chunks of data; and so is
 * whether an end that follows the data is there before another connect has failed, or, after the end, whether the own
 * end is complete before that: it depends on how much the kernel says at once. Whether there is a second 'data' event
 * depends on how the stream was cut. What a listener that throws has left for the next tick runs with whatever comes
 * next.
 *
 * @param {object} config of a client or an accepted connection
 */
function calmOddities(config) {
  const first = config.hooks?.find(({ event }) => event === 'data');
  config.hooks &&= config.hooks.filter((hook) => hook.event !== 'data' || hook === first);
  const throws = config.hooks?.some(({ ops }) => ops.some(([name]) => name === 'throw'));
  for (const hook of config.hooks ?? []) {
    if (hook.event === 'connectionAttempt') hook.ops = without(without(hook.ops, LEAVING), TRAFFIC);
    if (throws) hook.when = 'sync';
    if (hook.event === 'end') hook.ops = without(hook.ops, /^connect/);
    if (hook.event === 'data') hook.ops = config.onread ? [] : without(hook.ops, /^connect/);
  }
}

/**
 * @param {object} program see generate.js
 * @returns {any[][]} what clients do as soon as they connect, or have done before
 */
function clientOperationsAtOnce({ clients, steps }) {
  const behindConnect = clients.flatMap((config, number) => {
    const own = steps.filter(({ on }) => on === `c${number}`);
    const last = own.findLastIndex(({ ops }) => ops.some(([name]) => name.startsWith('connect')));
    const operations = own.slice(0, last + 1).flatMap(({ ops }) => ops);
    const first = operations.findIndex(([name]) => name.startsWith('connect'));
    return operations.filter((op, place) => place !== first);
  });
  const hooked = clients.flatMap(({ hooks = [] }) => hooks.filter(({ event }) => AT_ONCE.has(event)))
    .flatMap(({ ops }) => ops);
  return [...behindConnect, ...hooked];
}

/**
 * Leaves out of a fine program what races.
 *
 * @param {object} program see generate.js; is changed
 * @returns {object} the same program
 */
function untangle(program) {
  // A reset at once shows the other end an error, or a connection that has never been, by chance.
  for (const step of program.steps) {
    if (step.ops.some(([name]) => name.startsWith('connect'))) step.ops = without(step.ops, /^reset$/);
  }
  for (const config of [...program.clients, ...program.accepted]) {
    calmHooks(config, /^reset$/);
    calmOddities(config);
  }
  // A client that is dropped finds that out by its write or by the end, whichever is first.
  if (program.steps.some(({ ops }) => ops.some(([name]) => /^maxConnections/.test(name)))) {
    for (const step of program.steps) {
      const place = step.ops.findIndex(([name]) => name.startsWith('connect'));
      if (place >= 0) step.ops = [...step.ops.slice(0, place + 1), ...without(step.ops.slice(place + 1), TRAFFIC)];
    }
    for (const config of program.clients) calmHooks(config, TRAFFIC);
  }
  // A connection that connects as soon as it is accepted makes the next one, and so on without end.
  for (const config of program.accepted) {
    config.early &&= without(config.early, /^(reset|connect.*)$/);
    calmHooks(config, /^connect/);
    // What is unshifted at once makes a 'data' event before the client knows that it is connected.
    if (config.early?.some(([name]) => name === 'unshift')) {
      for (const hook of config.hooks ?? []) if (hook.event === 'data') hook.ops = without(hook.ops, /^reset$/);
    }
  }
  const atOnce = clientOperationsAtOnce(program);
  if (atOnce.some(([name]) => TRAFFIC.test(name))) {
    for (const config of program.accepted) {
      config.early &&= without(config.early, LEAVING);
      calmHooks(config, LEAVING);
    }
  }
  const leaving = atOnce.some(([name]) => LEAVING.test(name))
    || program.clients.some(({ signal }) => signal === 'aborted');
  if (leaving) {
    for (const config of program.accepted) {
      config.early &&= without(config.early, TRAFFIC);
      calmHooks(config, TRAFFIC);
    }
  }
  return program;
}

/**
 * @param {any[][]} [ops] called in one tick
 * @returns {any[][] | undefined} the same with all that they write sent by one system call
 */
function joinedWrites(ops) {
  const isWrite = ([name]) => /^(write|writeRaw|end)$/.test(name);
  if (!ops || ops.filter(isWrite).length < 2) return ops;
  const plain = without(ops, /^(un)?cork$/)
    .map(([name, ...rest]) => (name === 'writeRaw' ? ['write', rest[0], 'buffer', false] : [name, ...rest]));
  const first = plain.findIndex(isWrite);
  const behind = plain.findLastIndex(isWrite) + 1;
  return [...plain.slice(0, first), ['cork'], ...plain.slice(first, behind), ['uncork'], ...plain.slice(behind)];
}

/**
 * Takes the races with another thread that reads out of a fine program with listeners that act: whether the first of
 * two writes arrives alone decides what a listener sees when it stops reading or ends the socket.
 *
 * @param {object} program see generate.js; is not changed
 * @returns {object}
 */
function untangleThreads(program) {
  const actors = [...program.clients, ...program.accepted];
  if (program.bulk || !actors.some(({ hooks, onread }) => hooks?.length > 0 || onread)) return program;
  const calm = (config) => {
    const hooks = config.hooks?.map((hook) => ({ ...hook, ops: joinedWrites(hook.ops) }));
    return { ...config, early: joinedWrites(config.early), hooks };
  };
  return {
    ...program,
    clients: program.clients.map(calm),
    accepted: program.accepted.map(calm),
    steps: program.steps.map((step) => ({ ...step, ops: joinedWrites(step.ops) })),
  };
}

module.exports = { untangle, untangleThreads };
