'use strict';

// Processes in groups of their own, which end with the tool that started them.

/** Leaders of the groups that may still run. */
const leaders = new Set();

/** Signals that end the tool, by number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

let isGuarded = false;

/**
 * Sends a signal to a process group; one that has ended already is no error.
 * @param {number|undefined} leader its process id; undefined: the process could not be started
 * @param {NodeJS.Signals} [signal]
 */
function endGroup(leader, signal = 'SIGKILL') {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Has all groups ended when this process ends, by a signal too. */
function guard() {
  isGuarded = true;
  process.on('exit', () => {
    for (const leader of leaders) endGroup(leader);
  });
  for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(128 + number));
}

/**
 * Has a process that leads a group (`detached`) end with this one, and its group end with it.
 * @template {import('node:child_process').ChildProcess} T
 * @param {T} child
 * @returns {T}
 */
function withGroup(child) {
  const { pid } = child;
  if (pid === undefined) return child;
  // Not sooner: who only loads a module leaves the signals as they are.
  if (!isGuarded) guard();
  leaders.add(pid);
  child.once('exit', () => {
    // A process may leave children in its group.
    endGroup(pid);
    leaders.delete(pid);
  });
  return child;
}

module.exports = { endGroup, withGroup };
