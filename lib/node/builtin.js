'use strict';

// The built-in `net`, as it was before `rsnet/register`.

const { ownLoad } = require('./load-trap');
const { membersOf } = require('./mirror-members');
const { OWN_EXPORTS } = require('./own-exports');

const net = ownLoad(() => require('node:net'));

/** Under this symbol of `net`, `rsnet/register` keeps the built-in's exports. All copies of rsnet share it. */
const BUILTIN = Symbol.for('rsnet.builtin');

/**
 * @returns {PropertyDescriptorMap} descriptors of the built-in's exports, without those that another copy of rsnet has
 *   added
 */
function ownDescriptors() {
  const descriptors = membersOf(net);
  for (const [name, { enumerable }] of Object.entries(descriptors)) {
    if (!enumerable && (OWN_EXPORTS.includes(name) || name.startsWith('_Transferred'))) delete descriptors[name];
  }
  return descriptors;
}

/** @type {typeof import('node:net')} */
const builtin = net[BUILTIN] ?? Object.create(null, ownDescriptors());

/** Whether its `setKeepAlive` takes an object, an interval and a count. */
const hasKeepAliveOptions = builtin.Socket.prototype.setKeepAlive.length > 2;

module.exports = { BUILTIN, builtin, hasKeepAliveOptions };
