'use strict';

// The bench runs in a network namespace of its own: there the congestion control can be chosen, and nothing else
// runs. The process that the user started prepares everything, since a new namespace has no way out, and then starts
// the one that measures.

const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const SETTINGS = '/proc/sys/net/ipv4';
const CONTROL = path.join(SETTINGS, 'tcp_congestion_control');

/** Says in the environment that this process is the one inside. */
const MARK = 'BENCH_NAMESPACE';

/** Hours after which a run ends, whatever happens. */
const LIMIT = 8;

/**
 * The congestion control that new connections get.
 * @returns {string}
 */
function getCongestionControl() {
  return fs.readFileSync(CONTROL, 'utf8').trim();
}

/**
 * Chooses it. Only the process inside does.
 * @param {string} name
 * @throws {Error} if the kernel does not allow it
 */
function setCongestionControl(name) {
  if (getCongestionControl() !== name) fs.writeFileSync(CONTROL, name);
}

/**
 * Whether the kernel has a congestion control ready, and this process may choose it.
 * @param {string} name
 * @returns {boolean}
 */
function hasCongestionControl(name) {
  return fs.readFileSync(path.join(SETTINGS, 'tcp_available_congestion_control'), 'utf8').trim().split(' ')
    .includes(name);
}

/**
 * The command that runs another one in a namespace whose loopback is up.
 * @param {string} congestion
 * @returns {string[]} the command's first words
 */
function namespace(congestion) {
  const user = process.getuid() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const script = `ip link set lo up && echo ${congestion} > ${CONTROL} && exec "$@"`;
  return ['unshare', ...user, '--net', '--', 'sh', '-c', script, 'sh'];
}

/**
 * Whether such a namespace can be had.
 * @param {string} congestion
 * @returns {string|undefined} why not
 */
function refusal(congestion) {
  const [file, ...args] = namespace(congestion);
  const { status, error, stderr } = spawnSync(file, [...args, 'true'], { encoding: 'utf8', timeout: 10_000 });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1);
}

/** @returns {boolean} whether this is the process inside */
const isInside = () => process.env[MARK] !== undefined;

/**
 * What the process outside has prepared. The process inside ends with the one outside.
 * @returns {Promise<object>}
 */
async function receive() {
  process.on('disconnect', () => process.exit(1));
  const [prepared] = await once(process, 'message');
  // Waiting for its end does not keep this process alive.
  process.channel.unref();
  return prepared;
}

/**
 * Runs this program again, inside.
 * @param {string[]} args its arguments
 * @param {string} congestion
 * @param {object} prepared plain data
 * @returns {Promise<number>} its exit code
 */
async function runInside(args, congestion, prepared) {
  const [file, ...words] = namespace(congestion);
  const child = spawn(file, [...words, process.execPath, ...process.execArgv, process.argv[1], ...args], {
    env: { ...process.env, [MARK]: congestion },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const timer = setTimeout(() => child.kill(), LIMIT * 3600 * 1000);
  process.on('exit', () => child.kill());
  child.send(prepared);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  return signal ? 1 : code;
}

module.exports = {
  getCongestionControl, setCongestionControl, hasCongestionControl, refusal, isInside, receive, runInside,
};
