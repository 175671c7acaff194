'use strict';

/* global once -- runMode defines it for the programs */

const fs = require('fs');
const path = require('path');
const { only, root } = require('./implementations');
const { tempPath } = require('./resources');
const { spawnNode } = require('./spawn');

const REGISTER = path.join(root, 'register.js');
const FIXTURES = path.join(__dirname, '..', 'fixtures');

/** Loads rsnet when the program loads `net`. */
const REGISTER_LATE = path.join(FIXTURES, 'register', 'late.js');

/**
 * `[name, flags]` pairs: the same program on the built-in and with rsnet in its place.
 *
 * @type {[string, string[]][]}
 */
const modes = [];
if (only !== 'rsnet') modes.push(['built-in', []]);
if (only !== 'builtin') modes.push(['registered', ['-r', REGISTER_LATE]]);

/**
 * What a program of `runMode` finds.
 *
 * `engine(socket)` tells whose a socket is, or the one below a TLS socket: 'rsnet' or 'built-in' (a TLS socket that
 * makes its connection itself). `isRsnet(handle)` tells the same of a handle. `cert` and `key` are those of localhost.
 * `listening(server)` and `all(stream)` wait.
 */
const PRELUDE = `
  const fs = require('fs');
  const { once } = require('events');
  // What a module of rsnet exports, if rsnet is loaded. The published package has all modules in one file.
  const loadedModule = (module) => {
    const find = (end) => Object.keys(require.cache).find((file) => file.endsWith(end));
    const file = find(module);
    const all = find('lib/all/rsnet.js');
    return file ? require(file) : all && require(all)(module);
  };
  const isRsnet = (handle) => {
    const handles = loadedModule('lib/handle/base.js');
    return handles !== undefined && handle instanceof handles.Handle;
  };
  const isRsnetSocket = (socket) => {
    const Socket = loadedModule('lib/api/socket.js');
    return Socket !== undefined && Object.prototype.isPrototypeOf.call(Socket.prototype, socket);
  };
  const engine = (socket) => {
    const wrapped = socket.encrypted ? socket._handle?._parentWrap : socket;
    return isRsnetSocket(wrapped) ? 'rsnet' : 'built-in';
  };
  const cert = fs.readFileSync(${JSON.stringify(path.join(FIXTURES, 'localhost-cert.pem'))});
  const key = fs.readFileSync(${JSON.stringify(path.join(FIXTURES, 'localhost-key.pem'))});
  const listening = async (server, ...args) => {
    server.listen(...(args.length > 0 ? args : [0, '127.0.0.1']));
    await once(server, 'listening');
    return server.address().port;
  };
  const all = async (stream) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
`;

/**
 * Run a program in a process of its own and take what it gives.
 *
 * @param {string[]} flags of a mode
 * @param {Function} body async, without closure; the result is its value as JSON
 * @param {object} [options] as for `spawnNode`
 * @returns {Promise<any>}
 */
async function runMode(flags, body, options = {}) {
  const code = `${PRELUDE}(${body})(...JSON.parse(process.argv[1] || '[]')).then((result) => {
    fs.writeSync(1, JSON.stringify(result ?? null));
  });`;
  const { args = [], ...rest } = options;
  const result = await spawnNode('net', code, {
    ...rest, flags: [...flags, ...(rest.flags ?? [])], args: [JSON.stringify(args)],
  });
  const { stdout, ...end } = result;
  expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
  return JSON.parse(stdout);
}

/**
 * Run a function in a worker of a cluster, in which rsnet is registered, as it is in the primary.
 *
 * @param {Function} body without closure, with `net`; it sends its result by `process.send`
 * @param {...*} args of the function, as JSON
 * @returns {Promise<any>} the first message of the worker, which is ended then
 */
function runWorker(body, ...args) {
  const flags = ['-r', REGISTER];
  const code = `
    const net = require('net');
    process.once('message', (args) => (${body})(...args));
  `;
  return runMode(flags, async (execArgv, given) => {
    const cluster = require('cluster');
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ execArgv });
    const worker = cluster.fork();
    await once(worker, 'online');
    worker.send(given);
    const [told] = await once(worker, 'message');
    worker.disconnect();
    await once(worker, 'exit');
    return told;
  }, { args: [[...flags, '-e', code], args] });
}

/**
 * @param {string} name ending in what Node goes by
 * @param {string} text
 * @returns {string} path of a file that is removed after the test
 */
function source(name, text) {
  const file = tempPath(name);
  fs.writeFileSync(file, text);
  return file;
}

/**
 * @param {string[]} args for node
 * @param {object} [env]
 * @returns {Promise<{stdout: string, stderr: string}>} of a process that ended well
 */
async function runNode(args, env = {}) {
  const code = `
    const child = require('child_process').spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' });
    process.exitCode = child.status ?? 99;
  `;
  const { stdout, stderr, code: status } = await spawnNode('net', code, { args, env });
  expect({ stderr: status === 0 ? '' : stderr, status }).toEqual({ stderr: '', status: 0 });
  return { stdout, stderr };
}

module.exports = { FIXTURES, REGISTER, REGISTER_LATE, modes, runMode, runNode, runWorker, source };
