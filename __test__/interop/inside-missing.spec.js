'use strict';

// What rsnet uses of Node's inside is missing or has changed: rsnet loads and registers, one warning tells, and a
// program over all of Node's modules that have sockets goes on as on the built-in.

const path = require('path');
const { describeRsnet, spawnNode } = require('../helpers');
const { FIXTURES, REGISTER } = require('../helpers/registered');

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
 * @param {boolean} isRegistered
 * @returns {Promise<{failed: {[part: string]: string}, warnings: string[], rest: string}>} the parts that failed, the
 *   warnings of rsnet in each process, and what else stderr has
 */
async function run(broken, isRegistered) {
  const args = ['-r', BREAK, ...(isRegistered ? ['-r', REGISTER] : []), PROGRAM];
  const result = await node(args, { RSNET_SPEC_BREAK: broken });
  if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.stderr}`);
  const failed = Object.entries(JSON.parse(result.stdout)).filter(([, outcome]) => outcome !== 'ok');
  const lines = result.stderr.split('\n').filter((line) => !line.includes('--trace-warnings'));
  const isWarning = (line) => line.includes('[RSNET_DEGRADED]');
  return {
    failed: Object.fromEntries(failed),
    // A thread has those of its own.
    warnings: [...new Set(lines.filter(isWarning))],
    rest: lines.filter((line) => !isWarning(line)).join('\n'),
  };
}

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

describeRsnet('Node\'s inside, with a member missing or of another kind', () => {
  test.each(cases)('%s', async (broken, warning, { off = [] } = {}) => {
    const { failed, warnings, rest } = await run(broken, true);
    for (const part of off) delete failed[part];
    // What needs the member in Node itself fails on the built-in, too.
    const without = Object.keys(failed).length > 0 ? (await run(broken, false)).failed : {};
    for (const part of Object.keys(without)) delete failed[part];
    expect({ failed, rest: Object.keys(without).length > 0 ? '' : rest }).toEqual({ failed: {}, rest: '' });
    const ofProcesses = warnings.map((line) => line.slice(0, line.indexOf(')')));
    expect(ofProcesses).toEqual([...new Set(ofProcesses)]);
    if (warning === null) expect(warnings).toEqual([]);
    else expect(warnings[0]).toMatch(warning);
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
