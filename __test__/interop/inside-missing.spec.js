'use strict';

// What rsnet uses of Node's inside is missing or has changed: rsnet loads and registers, one warning tells, and a
// program over all of Node's modules that have sockets goes on as on the built-in.

const http = require('http');
const net = require('net');
const path = require('path');
const { describeRsnet, spawnNode } = require('../helpers');
const { nodeAtLeast } = require('../helpers/features');
const { root } = require('../helpers/implementations');
const { FIXTURES, REGISTER, REGISTER_LATE } = require('../helpers/registered');

const BREAK = path.join(FIXTURES, 'inside', 'break.js');
const PROGRAM = path.join(FIXTURES, 'inside', 'program.js');

/**
 * @param {string[]} args for node
 * @param {object} env
 * @returns {Promise<{stdout: string, stderr: string, code: number}>}
 */
function node(args, env) {
  const code = `
    const child = require('child_process').spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' });
    process.exitCode = child.status ?? 99;
  `;
  return spawnNode('net', code, { args, env });
}

/**
 * Runs the program.
 *
 * @param {string} broken what `fixtures/inside/break.js` spoils
 * @param {'built-in'|'registered'|'library'} mode
 * @returns {Promise<{engine: string, failed: {[part: string]: string}, warnings: string[], rest: string}>} whose `net`
 *   it was, the parts that failed, the warnings of rsnet in each process, and what else stderr has
 */
async function run(broken, mode) {
  const args = ['-r', BREAK, ...(mode === 'registered' ? ['-r', REGISTER_LATE] : []), PROGRAM];
  const env = mode === 'library' ? { RSNET_SPEC_NET: root } : {};
  const result = await node(args, { ...env, RSNET_SPEC_BREAK: broken });
  if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.stderr}`);
  const { engine, ...outcomes } = JSON.parse(result.stdout);
  const failed = Object.entries(outcomes).filter(([, outcome]) => outcome !== 'ok');
  const lines = result.stderr.split('\n').filter((line) => !line.includes('--trace-warnings'));
  const isWarning = (line) => line.includes('[RSNET_DEGRADED]');
  return {
    engine,
    failed: Object.fromEntries(failed),
    // A thread has those of its own.
    warnings: [...new Set(lines.filter(isWarning))],
    rest: lines.filter((line) => !isWarning(line)).join('\n'),
  };
}

/** Nobody sees the warning. */
const UNSEEN = /^$/;
const ENTRIES = /performance entries/;
const INSTANCE = /hasInstance/;
const REPLACED = /net with the classes/;
const TRANSFER = /transferable/;

/** Where the host transfers sockets itself, it looks for no class that rsnet has to export. */
const transfersSockets = Object.getOwnPropertySymbols(net.Socket.prototype)
  .some(({ description }) => description === 'messaging_transfer_symbol');
const transfersAll = transfersSockets && Object.keys(net).includes('_TransferredBoundSocket');
const onMembers = transfersSockets ? TRANSFER : null;
const onExports = transfersAll ? null : TRANSFER;
/** On Node 20, HTTP clients have the function of `net`. */
const onAgents = http.Agent.prototype.createConnection === net.createConnection
  ? { registered: REPLACED, engine: 'node' }
  : { registered: null };
const onPorts = nodeAtLeast(21) ? null : TRANSFER;

/**
 * Members, how each is spoilt, and what the warning has to say. `off`: parts of the program that are not expected to
 * work then, though they do on the built-in.
 *
 * @type {[string, RegExp|null, {off?: string[]}?][]}
 */
const cases = [
  ['', null],
  ['delete:process._tickCallback', /process\._tickCallback/],
  ['number:process._tickCallback', /process\._tickCallback/],
  ['delete:process.moduleLoadList', /process\.moduleLoadList/],
  ['number:process.moduleLoadList', /process\.moduleLoadList/],
  ['push:process.moduleLoadList', null],
  ['prototype:process.moduleLoadList', null],
  ['copy:process.moduleLoadList', /process\.moduleLoadList/],
  ['delete:process.binding', null],
  ['throw:process.binding', null],
  ['delete:process._getActiveHandles', null],
  ['throw:process._getActiveRequests', null],
  ['number:process.getActiveResourcesInfo', null],
  ['delete:process.report', null],
  ['number:process.report', null],
  ['delete:process.emitWarning', null],
  // On Node 20, a thread cannot print without it.
  ['delete:Buffer.prototype.utf8Write', /utf8Write/, { off: ['thread'] }],
  ['throw:Buffer.prototype.latin1Write', /latin1Write/],
  ['number:Buffer.prototype.ucs2Write', /ucs2Write/],
  ['delete:Buffer[Symbol.species]', /Buffer\[Symbol\.species\]/],
  ['number:Buffer[Symbol.species]', /Buffer\[Symbol\.species\]/],
  ['delete:TLSSocket.prototype._wrapHandle', /_wrapHandle/],
  ['number:TLSSocket.prototype._wrapHandle', /_wrapHandle/],
  ['freeze:TLSSocket.prototype._wrapHandle', /_wrapHandle/],
  ['delete:ChildProcess.prototype.spawn', /ChildProcess\.prototype\.spawn/],
  ['freeze:ChildProcess.prototype.spawn', /ChildProcess\.prototype\.spawn/, { off: ['stdio'] }],
  ['delete:stream_wrap writeUtf8String', /writeUtf8String/],
  ['freeze:stream_wrap writeUtf8String', /writeUtf8String/],
  ['delete:Duplex.prototype._undestroy', /_undestroy/],
  ['streamState:', /_readableState/],
  ['delete:net._createServerHandle', /_createServerHandle/],
  ['throw:net._createServerHandle', /_createServerHandle/],
  ['delete:net._normalizeArgs', /_normalizeArgs/],
  ['throw:net._normalizeArgs', /_normalizeArgs/],
  ['delete:cluster._getServer', /_getServer/],
  ['delete:util.transferableAbortSignal', /transferable/],
  ['throw:util.transferableAbortController', /transferable/],
  ['delete:HTTPParser.prototype.consume', null],
  ['number:HTTPParser.prototype.consume', null],
  ['sample:', /the option handle/],
  ['openHandle:', /the handles of net\.Socket/],
  ['symbol:owner_symbol', /the handles of net\.Socket/],
  ['symbol:async_id_symbol', /async_id_symbol/],
  ['symbol:kHandle', /the handles of net\.Socket/],
  ['symbol:timeout', null],
  ['symbol:kBytesRead', null],
  ['symbol:kUpdateTimer', null],
  ['symbol:kReinitializeHandle', null],
  ['symbol:kAfterAsyncWrite', null],
  ['symbol:lastWriteQueueSize', null],
  ['symbol:messaging_transfer_symbol', /transferable/],
  ['symbol:kIsNodeError', null],
];

/**
 * Runs the program, and expects it to go on.
 *
 * @param {string} broken as for `run`
 * @param {'registered'|'library'} mode
 * @param {object} expected
 * @param {RegExp|null} expected.warning null: none
 * @param {string} [expected.engine]
 * @param {string[]} [expected.off] parts that need not work
 */
async function expectToRun(broken, mode, { warning, engine = 'rsnet', off = [] }) {
  const { engine: used, failed, warnings, rest } = await run(broken, mode);
  for (const part of off) delete failed[part];
  // What needs the member in Node itself fails on the built-in, too.
  const without = Object.keys(failed).length > 0 ? (await run(broken, 'built-in')).failed : {};
  for (const part of Object.keys(without)) delete failed[part];
  expect({ failed, rest: Object.keys(without).length > 0 ? '' : rest }).toEqual({ failed: {}, rest: '' });
  expect(used).toBe(engine);
  const ofProcesses = warnings.map((line) => line.slice(0, line.indexOf(')')));
  expect(ofProcesses).toEqual([...new Set(ofProcesses)]);
  if (warning === null) expect(warnings).toEqual([]);
  else if (warning !== UNSEEN) expect(warnings[0]).toMatch(warning);
}

/**
 * Objects that a program has frozen, and what the warnings have to say. What only `rsnet/register` changes has no entry
 * for rsnet as a library.
 *
 * @type {[string, {registered: RegExp|null, library?: RegExp|null, engine?: string, off?: string[],
 *   offLibrary?: string[]}][]}
 */
const frozen = [
  ['freeze:net', { registered: REPLACED, library: onExports, engine: 'node' }],
  ['preventExtensions:net', { registered: REPLACED, library: onExports, engine: 'node' }],
  ['freeze:net.Socket', { registered: INSTANCE, library: INSTANCE, offLibrary: ['child'] }],
  // Node cannot print then, and so cannot warn.
  ['freeze:net.Socket.prototype', { registered: onMembers, library: UNSEEN }],
  ['seal:net.Socket.prototype', { registered: onMembers }],
  ['freeze:net.Server', { registered: INSTANCE, library: INSTANCE }],
  ['freeze:net.Server.prototype', { registered: onMembers, library: onMembers }],
  ['freeze:http', { registered: null }],
  ['freeze:http.Server', { registered: REPLACED, engine: 'node' }],
  ['freeze:http.Agent.prototype', onAgents],
  ['freeze:tls', { registered: null }],
  ['freeze:tls.TLSSocket', { registered: REPLACED, engine: 'node' }],
  ['freeze:tls.TLSSocket.prototype',
    { registered: REPLACED, library: /_wrapHandle/, engine: 'node', offLibrary: ['child'] }],
  ['freeze:tls.Server.prototype', { registered: REPLACED, engine: 'node' }],
  ['freeze:tty.ReadStream', { registered: REPLACED, engine: 'node' }],
  ['freeze:http2.Http2Server', { registered: REPLACED, engine: 'node' }],
  ['freeze:cluster', { registered: null }],
  ['freeze:ChildProcess.prototype', { registered: /spawn/, library: /spawn/, off: ['stdio'] }],
  ['freeze:PerformanceObserver.prototype', { registered: ENTRIES, library: ENTRIES }],
  ['freeze:MessagePort.prototype', { registered: onPorts, library: onPorts }],
  ['freeze:process.report', { registered: null }],
];

describeRsnet('Node\'s inside, with a member missing or of another kind', () => {
  test.each(cases)('%s', async (broken, warning, { off } = {}) => {
    await expectToRun(broken, 'registered', { warning, off });
  });

  test.each(frozen)('%s, and rsnet registered', async (broken, { registered: warning, engine, off }) => {
    await expectToRun(broken, 'registered', { warning, engine, off });
  });

  const forLibrary = frozen.filter(([, { library }]) => library !== undefined);
  test.each(forLibrary)('%s, and rsnet as a library', async (broken, { library, off = [], offLibrary = [] }) => {
    await expectToRun(broken, 'library', { warning: library, off: [...off, ...offLibrary] });
  });

  test.each(['net', 'net.Socket.prototype', 'MessagePort.prototype'])(
    'freeze:%s, and a server goes to another thread, or stays with an error', async (name) => {
      const code = `
        const fs = require('fs');
        const { MessageChannel } = require('worker_threads');
        const net = require(process.cwd());
        const server = net.createServer().listen(0, '127.0.0.1', () => {
          const { port1, port2 } = new MessageChannel();
          port2.on('message', (received) => {
            fs.writeSync(1, String(received instanceof net.Server));
            received.close();
            port1.close();
          });
          try {
            port1.postMessage(server, [server]);
          } catch (error) {
            fs.writeSync(1, error.code);
            server.close();
            port1.close();
          }
        });
      `;
      const { stdout } = await node(['-r', BREAK, '-e', code], { RSNET_SPEC_BREAK: `freeze:${name}` });
      const missing = { net: onExports, 'net.Socket.prototype': null, 'MessagePort.prototype': onPorts }[name];
      // The second is the host's own.
      const refusal = /^ERR_(WORKER_HANDLE_NOT_TRANSFERABLE|INVALID_TRANSFER_OBJECT)$/;
      expect(stdout).toMatch(missing === null ? /^true$/ : refusal);
    });

  test('RSNET_DEBUG=1 tells what is missing, NODE_DEBUG=rsnet what is there as well', async () => {
    const env = { RSNET_BACKEND: 'uv', RSNET_DEBUG: '1', RSNET_SPEC_BREAK: 'delete:process._tickCallback' };
    const args = ['-r', BREAK, '-r', REGISTER, '-e', ''];
    expect((await node(args, env)).stderr.split('\n')[0]).toMatch(
      /^rsnet [\d.]+: uv backend; process\._tickCallback is missing or has changed: the events of sockets come one by one/);
    const { stderr } = await node(args, { ...env, NODE_DEBUG: 'rsnet' });
    expect(stderr).toMatch(/RSNET \d+: missing: process\._tickCallback\n/);
    expect(stderr).toMatch(/RSNET \d+: present: process\.moduleLoadList\n/);
  });
});
