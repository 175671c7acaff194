'use strict';

const net = require('node:net');

/**
 * Where `rsnet/register` leaves the built-in's exports. The symbol is in the global registry, since there may
 * be several copies of rsnet.
 */
const BUILTIN = Symbol.for('rsnet.builtin');

/**
 * The host's own `net`, whatever `rsnet/register` has put in its place since.
 * @type {typeof import('node:net')}
 */
const builtin = net[BUILTIN] ?? Object.create(null, Object.getOwnPropertyDescriptors(net));

module.exports = { BUILTIN, builtin };
