'use strict';

// The permission model's network scope (`node --permission` without `--allow-net`).
//
// The host decides what is refused, and with which error. One of its own handles is asked, by a call that fails anyway
// once the permission model has seen it. So the answer is right where the scope is not enforced (up to Node 24; under
// `--permission-audit`) and after `process.permission.drop()`, and the host's diagnostics channel gets each refusal
// once.

const process = require('process');
const { builtin } = require('./builtin');
const { openHandle } = require('./builtin-handles');

/** Without the permission model there is nothing to ask, and it can't be switched on later. */
const isOn = process.permission !== undefined;

/** The host lets every process use these descriptors. */
const LAST_STANDARD_STREAM = 2;

/** On the host's Socket, for all copies of rsnet: the handle that is asked. */
const kAsked = Symbol.for('rsnet.permissionHandle');

/**
 * @returns {object} a TCP handle of the host that is never used otherwise
 */
function askedHandle() {
  if (!Object.hasOwn(builtin.Socket, kAsked)) {
    const handle = openHandle();
    handle.unref();
    Object.defineProperty(builtin.Socket, kAsked, { value: handle });
  }
  return builtin.Socket[kAsked];
}

/**
 * Asks whether a connection may be made.
 *
 * @param {string} address numeric, or a path
 * @returns {Error|undefined} what a handle's `connect` then returns
 */
function refusedConnect(address) {
  if (!isOn) return undefined;
  const handle = askedHandle();
  // No address of the other family can be connected to.
  const answer = builtin.isIPv4(address) ? handle.connect6({}, address, 1) : handle.connect({}, address, 1);
  return typeof answer === 'object' ? answer : undefined;
}

/**
 * Asks whether an address may be bound, listened on and the like.
 *
 * @param {string} [path] that the error names
 * @throws {Error} ERR_ACCESS_DENIED
 */
function checkBind(path) {
  if (!isOn) return;
  if (path !== undefined) {
    const refusal = refusedConnect(path);
    if (refusal) throw refusal;
    return;
  }
  askedHandle().bind('', 0);
}

/**
 * Asks whether a descriptor may be taken over.
 *
 * @param {number} [fd]
 * @throws {Error} ERR_ACCESS_DENIED
 */
function checkOpen(fd) {
  if (isOn && !(fd >= 0 && fd <= LAST_STANDARD_STREAM)) checkBind();
}

module.exports = { checkBind, checkOpen, refusedConnect };
