'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { V8_OPTIONS, watch } = require('./recorder');

/** Milliseconds until perf, once started, watches. */
const START = 400;

/**
 * The command of a program that perf can watch, if it is to.
 * @param {import('../turn').Setting} setting
 * @param {import('../peers').Command} command
 * @returns {import('../peers').Command}
 */
function profiled({ profile }, command) {
  return profile ? { ...command, env: { ...command.env, NODE_OPTIONS: V8_OPTIONS.join(' ') } } : command;
}

/**
 * Has perf watch a program while it is measured, if it is to.
 * @param {import('../turn').Setting} setting
 * @param {number} pid
 * @param {() => Promise<import('../turn').Result>} act measures it
 * @param {number} [warm] milliseconds for which that lets it warm up
 * @returns {Promise<import('../turn').Result>}
 */
async function watched({ profile: isOn, folder }, pid, act, warm = 0) {
  if (!isOn) return act();
  const measured = sleep(warm > 0 ? 0 : START).then(act);
  // A failure is reported below.
  await Promise.race([sleep(warm), measured.catch(() => {})]);
  const end = watch(pid, folder);
  let profile;
  try {
    await measured;
  } finally {
    profile = await end();
  }
  return { ...await measured, profile };
}

module.exports = { profiled, watched };
