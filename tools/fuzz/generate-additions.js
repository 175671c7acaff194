'use strict';

// Options that only rsnet has, with values that must change nothing of what a program sees. The built-in ignores them.

/** Of every kind of socket. */
const ANY = { destroyOnIterationEnd: true };

/** Of TCP, on Linux. */
const TCP = {
  userTimeout: 600_000, maxSegmentSize: 0, busyPoll: 0, linger: false, freebind: false, mptcp: false, fastOpen: false,
  congestionControl: 'reno',
};

/** Of servers of TCP, besides. */
const SERVER = { deferAccept: 0 };

/**
 * @param {import('./random').Random} random
 * @param {object} choices options with their values
 * @returns {object} some of them; none for most programs
 */
function some(random, choices) {
  if (!random.chance(0.25)) return {};
  return Object.fromEntries(Object.entries(choices).filter(() => random.chance(0.25)));
}

/**
 * Gives the sockets of a program some of these options.
 *
 * @param {import('./random').Random} random of its own, so that the seeds of older programs still make them
 * @param {object} program
 * @returns {object} the program
 */
function addOptions(random, program) {
  const isTcp = program.transport.startsWith('tcp') && process.platform === 'linux';
  // With those of TCP, a connect to a path is an error.
  const isTcpAlone = isTcp && !JSON.stringify(program).includes('"path":"missing"');
  const client = { ...ANY, ...(isTcpAlone && TCP) };
  Object.assign(program.server.options, some(random, { ...client, ...(isTcp && SERVER) }));
  for (const { options } of program.clients) if (options) Object.assign(options, some(random, client));
  return program;
}

module.exports = { addOptions };
