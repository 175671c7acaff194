'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('../lib/paths');
const { Ledger } = require('./ledger');
const { Running } = require('./process');
const { Progress, count, megabytes } = require('./progress');

/** Addresses the server listens on: each has ports of its own for the connections that come to it. */
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7', '::1'];
/** Milliseconds without a session that ends after which the run counts as hung. */
const HUNG = 60000;
/** Milliseconds that a process has for ending by itself. */
const ENDING = 30000;

/**
 * What a run gave.
 *
 * @typedef {object} Outcome
 * @property {object} counts of the ledger
 * @property {object} codes how often each error came
 * @property {{text: string, plan: object|null}[]} problems the first ones
 * @property {number} seconds from the first connection to the end of the last
 * @property {number} started connections
 * @property {Record<'client'|'server'|'relay', Side>} sides `relay` where there is one
 * @property {[number, number][]} rate time and sessions ended by then
 *
 * @typedef {object} Side what one process told
 * @property {import('./monitor').Sample} before
 * @property {import('./monitor').Sample} after
 * @property {import('./monitor').Sample[]} samples each with `done`, the sessions ended by then
 * @property {string[]} handles what was active at the end
 * @property {{code: number|null, signal: string|null, errors: string}} end
 */

/** Descriptors of one relay: two sockets, a copy of each, and two pipes. */
const RELAYED = 8;

/**
 * Run the two processes, or three with a relay between them, until all sessions are over.
 *
 * @param {import('./args').Options} options
 * @returns {Promise<Outcome>}
 */
async function runSoak(options) {
  const { connections, backend, minutes, net, open, relay: isRelayed, seed } = options;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-soak-'));
  const ledger = new Ledger(seed);
  const names = isRelayed ? ['server', 'relay', 'client'] : ['server', 'client'];
  const sides = Object.fromEntries([...names].reverse().map((side) => [side, { samples: [] }]));
  const interval = connections < 100000 ? 250 : 1000;
  const common = { module: net ? 'node:net' : ROOT, interval, seed };
  const env = backend ? { RSNET_BACKEND: backend } : {};
  const given = {
    server: { ...common, addresses: ADDRESSES, path: path.join(folder, 'socket') },
    relay: { ...common, addresses: ADDRESSES, path: path.join(folder, 'relay') },
    client: { ...common, connections, open, seconds: minutes * 60 },
  };
  const waits = new Map();
  const heard = (what) => new Promise((resolve) => waits.set(what, resolve));
  const readies = Object.fromEntries(names.map((side) => [side, heard(`${side} ready`)]));
  const dones = Object.fromEntries(names.map((side) => [side, heard(`${side} done`)]));
  let last = Date.now();
  const rate = [];
  const processes = {};
  for (const side of names) {
    processes[side] = new Running(`${side}.js`, given[side], {
      open: side === 'relay' ? RELAYED * open : open, env,
      onMessage: ({ entries, sample, ...told }) => {
        if (entries) {
          ledger.add(side, entries);
          last = Date.now();
        }
        if (sample) {
          sides[side].samples.push({ ...sample, done: ledger.counts.sessions });
          if (side === 'client') rate.push([sample.time, ledger.counts.sessions]);
        }
        for (const [what, value] of Object.entries(told)) waits.get(`${side} ${what}`)?.(value);
      },
    });
  }
  const { relay, client } = processes;
  const died = new Promise((resolve, reject) => {
    for (const side of names) {
      processes[side].ended.then(({ code, signal, errors }) => {
        // After its work is done it is to end.
        if (!sides[side].after) reject(new Error(`${side} ended with ${signal ?? code}: ${errors}`));
      });
    }
  });
  died.catch(() => {});
  let hung;
  const hang = new Promise((resolve, reject) => {
    hung = setInterval(() => {
      if (Date.now() - last > HUNG) reject(new Error(`nothing has ended for ${HUNG / 1000} s`));
    }, 1000);
  });
  hang.catch(() => {});
  const start = Date.now();
  const progress = new Progress(() => status(ledger, sides, start));
  let started = 0;
  try {
    const told = {};
    for (const side of names) {
      if (side === 'relay') relay.send({ where: told.server.where });
      told[side] = await Promise.race([readies[side], died]);
      sides[side].before = told[side].before;
    }
    client.send({ where: (told.relay ?? told.server).where });
    const clientDone = await Promise.race([dones.client, died, hang]);
    started = clientDone.started;
    Object.assign(sides.client, clientDone);
    for (const side of ['relay', 'server'].filter((name) => processes[name])) {
      processes[side].send('stop');
      Object.assign(sides[side], await Promise.race([dones[side], died, hang]));
    }
  } catch (error) {
    ledger.problems.unshift({ text: error.message, plan: null });
    ledger.counts.problems++;
    ledger.stuck = await stuckSessions(processes, heard);
  } finally {
    progress.stop();
    clearInterval(hung);
  }
  const seconds = (Date.now() - start) / 1000;
  for (const side of names) sides[side].end = await endOf(processes[side]);
  fs.rmSync(folder, { recursive: true, force: true });
  ledger.close();
  const { codes, counts, problems, stuck = [] } = ledger;
  return { codes, counts, problems, stuck, seconds, started, sides, rate };
}

/**
 * @param {Ledger} ledger
 * @param {Record<'client'|'server', Side>} sides
 * @param {number} start
 * @returns {string} how far it is
 */
function status(ledger, sides, start) {
  const { client, server } = { client: sides.client.samples.at(-1), server: sides.server.samples.at(-1) };
  const seconds = (Date.now() - start) / 1000;
  const { bytes, problems, sessions } = ledger.counts;
  return `${seconds.toFixed(0)} s: ${count(sessions)} connections, ${count(sessions / seconds)}/s, ` +
    `${count(client?.open ?? 0)} open, client ${megabytes(client?.rss ?? 0)}, server ${megabytes(server?.rss ?? 0)}, ` +
    `${megabytes(bytes)} checked, ${count(problems)} problems`;
}

/**
 * Ask both sides which sessions they still have.
 *
 * @param {Record<string, Running>} processes
 * @param {(what: string) => Promise<object[]>} heard
 * @returns {Promise<object[]>} some of them
 */
async function stuckSessions(processes, heard) {
  const answers = Object.entries(processes).map(async ([side, running]) => {
    const answer = heard(`${side} stuck`);
    running.send('stuck');
    const late = new Promise((resolve) => setTimeout(resolve, 3000, []).unref());
    const sessions = await Promise.race([answer, late, running.ended.then(() => [])]);
    return sessions.slice(0, 5).map((session) => ({ side, sessions: sessions.length, session }));
  });
  const all = (await Promise.all(answers)).flat();
  for (const running of Object.values(processes)) running.kill();
  return all;
}

/**
 * Wait until a process has ended by itself; it is killed if it does not.
 *
 * @param {Running} running
 * @returns {Promise<{code: number|null, signal: string|null, errors: string}>}
 */
async function endOf(running) {
  const timer = setTimeout(() => running.kill(), ENDING);
  const end = await running.ended;
  clearTimeout(timer);
  return end;
}

module.exports = { runSoak };
