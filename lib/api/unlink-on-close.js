'use strict';

// `server.listen({ path, unlinkOnClose })`: whether close() removes the path.

const { codes } = require('../node/errors');

/** Names in the engine, by the option's value. */
const RULES = new Map(/** @type {Array<[value: *, rule: string]>} */ (
  [[true, 'always'], [false, 'never'], ['own', 'own']]));

/** The rule of each server that does not have Node's. */
const ruleOf = new WeakMap();

/**
 * @param {*} value of the option
 * @returns {boolean} whether it asks for what Node does not
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function differsFromNode(value) {
  if (value === undefined) return false;
  if (RULES.has(value)) return value !== true;
  throw new codes.ERR_INVALID_ARG_VALUE('options.unlinkOnClose', value, "must be true, false or 'own'");
}

/**
 * @param {Server} server that is to listen on a path
 * @param {*} value of the option, replaces that of an earlier listen()
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function rememberUnlink(server, value) {
  if (differsFromNode(value)) ruleOf.set(server, RULES.get(value));
  else ruleOf.delete(server);
}

/**
 * Takes the option of a listen() that gets a handle.
 *
 * @param {Server} server
 * @param {*} value of the option
 * @param {boolean} isOwn whether the handle is rsnet's; Node's removes its path itself
 * @returns {Error|undefined} the reason if it is refused
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function unlinkRefusal(server, value, isOwn) {
  rememberUnlink(server, value);
  if (isOwn || !differsFromNode(value)) return undefined;
  return new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('unlinkOnClose');
}

/**
 * @param {Server} server
 * @param {AnyHandle} handle that is about to be bound for it, or was by a BoundSocket
 */
function applyUnlink(server, handle) {
  const rule = ruleOf.get(server);
  if (rule !== undefined) handle.setUnlink?.(rule);
}

/**
 * Closes a handle that was bound and cannot listen. Its path goes, whatever the rule.
 *
 * @param {AnyHandle} handle
 */
function closeUnused(handle) {
  handle.setUnlink?.('always');
  handle.close();
}

module.exports = { applyUnlink, closeUnused, differsFromNode, rememberUnlink, unlinkRefusal };
