'use strict';

// The network scope of the permission model (`node --permission` without `--allow-net`).
//
// Node decides what it refuses, and makes the error. rsnet asks by a call of one of Node's own handles that would fail
// anyway. So the answer is right where Node does not enforce the scope (up to Node 24, and under `--permission-audit`)
// and after `process.permission.drop()`, and Node's diagnostics channel gets each refusal once.

const process = require('process');
const { builtin } = require('./builtin');
const { openHandle } = require('./builtin-handles');
const { sharedState } = require('./host-objects');

/** A running process cannot switch the permission model on. */
const isOn = process.permission !== undefined;

/** The permission model does not restrict the standard streams. */
const LAST_STANDARD_STREAM = 2;

/** For `sharedState`: the handle that is asked. */
const kAsked = Symbol.for('rsnet.permissionHandle');

/** @returns {HostHandle} a TCP handle of Node's that is used for nothing else */
function askedHandle() {
  return sharedState(kAsked, () => {
    const handle = /** @type {HostHandle} */ (openHandle());
    handle.unref();
    return handle;
  });
}

/**
 * @param {string} address numeric, or a path
 * @returns {Error|undefined} the refusal, which a handle's `connect` has to return
 */
function refusedConnect(address) {
  if (!isOn) return undefined;
  const handle = askedHandle();
  // Where Node does not refuse it, the call fails since the address is of the other family.
  const answer = builtin.isIPv4(address) ? handle.connect6({}, address, 1) : handle.connect({}, address, 1);
  return typeof answer === 'object' ? answer : undefined;
}

/**
 * @param {string} [path] for the error
 * @throws {Error} ERR_ACCESS_DENIED, if nothing may be bound or listened on
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
 * @param {*} [fd]
 * @throws {Error} ERR_ACCESS_DENIED, if it may not be taken over
 */
function checkOpen(fd) {
  if (isOn && !(fd >= 0 && fd <= LAST_STANDARD_STREAM)) checkBind();
}

module.exports = { checkBind, checkOpen, refusedConnect };
