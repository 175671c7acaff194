'use strict';

const net = require('node:net');

/**
 * Where `rsnet/register` leaves the built-in's exports. The symbol is in the global registry, since there may
 * be several copies of rsnet.
 */
const BUILTIN = Symbol.for('rsnet.builtin');

/**
 * @returns {object} descriptors of the host's exports, without what another copy of rsnet has left there
 */
function ownDescriptors() {
  const descriptors = Object.getOwnPropertyDescriptors(net);
  for (const [name, { enumerable }] of Object.entries(descriptors)) {
    if (!enumerable && (name === 'engine' || name.startsWith('_Transferred'))) delete descriptors[name];
  }
  return descriptors;
}

/**
 * The host's own `net`, whatever `rsnet/register` has put in its place since.
 * @type {typeof import('node:net')}
 */
const builtin = net[BUILTIN] ?? Object.create(null, ownDescriptors());

module.exports = { BUILTIN, builtin };
