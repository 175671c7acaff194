'use strict';

// `NODE_DEBUG=net` prints the built-in's lines, in its words and at its steps. `NODE_DEBUG=rsnet` prints what rsnet
// does below them: the addon, the backend, handles and events.

const { debuglog } = require('util');

const net = debuglog('net');
const rsnet = debuglog('rsnet');

/** Prints nothing. */
function nothing() {}

module.exports = {
  /** Prints a line of `NODE_DEBUG=net`, with the arguments of `util.format`. */
  debug: net.enabled ? net : nothing,
  /** Whether it prints, for hot paths. Node reads NODE_DEBUG when the process starts. */
  isDebugging: net.enabled,
  /** The same for `NODE_DEBUG=rsnet`. */
  trace: rsnet.enabled ? rsnet : nothing,
  isTracing: rsnet.enabled,
};
