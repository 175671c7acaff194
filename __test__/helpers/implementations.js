'use strict';

/**
 * The implementations that the specs compare.
 *
 * Each behaviour is written once and run on Node's built-in `net` and on rsnet, so that a spec which the
 * built-in fails is wrong by definition. `RSNET_SPEC_ONLY=builtin` (or `=rsnet`) limits a run to one of them:
 * with `builtin` a trace spec compares two runs of the built-in, which shows whether the spec itself is
 * deterministic, and nothing needs to be compiled.
 */

const net = require('net');
const path = require('path');

const only = process.env.RSNET_SPEC_ONLY || '';
if (!['', 'builtin', 'rsnet'].includes(only)) {
  throw new Error(`RSNET_SPEC_ONLY must be "builtin" or "rsnet", got "${only}"`);
}

/** The folder of the package, which is what a child process requires to get rsnet. */
const root = path.resolve(__dirname, '..', '..');

const rsnet = only === 'builtin' ? null : require(root);
if (rsnet && rsnet.engine !== 'rsnet') throw new Error('the specs need the addon: npm run build');

/** `[name, module]` pairs for `describe.each(implementations)('%s', (name, net) => ...)`. */
const implementations = [];
if (only !== 'rsnet') implementations.push(['net', net]);
if (only !== 'builtin') implementations.push(['rsnet', rsnet]);

/** `[client name, server name, client module, server module]`: every pairing of the implementations. */
const matrix = implementations.flatMap(([clientName, client]) =>
  implementations.map(([serverName, server]) => [clientName, serverName, client, server]),
);

/** For behaviour that is rsnet's own, or newer than the host: empty when only the built-in is run. */
const ownImplementations = implementations.filter(([name]) => name === 'rsnet');

/** Major version of the host's Node, for behaviour that a version introduced. */
const nodeMajor = Number(process.versions.node.split('.')[0]);

/**
 * Run a group of specs only where rsnet takes part (`describe` cannot be empty, so it is skipped otherwise).
 *
 * @param {string} title
 * @param {(net: typeof import('net')) => void} define receives rsnet
 * @returns {void}
 */
function describeRsnet(title, define) {
  (rsnet ? describe : describe.skip)(title, () => {
    if (rsnet) define(rsnet);
    else test('needs rsnet', () => {});
  });
}

/**
 * `describe` with rsnet, where it has a binary for Linux; skipped elsewhere.
 *
 * @param {string} title
 * @param {(net: typeof import('../..')) => void} define
 * @returns {void}
 */
function describeLinux(title, define) {
  if (process.platform === 'linux') describeRsnet(title, define);
  else describe.skip(title, () => test('needs Linux', () => {}));
}

/**
 * What a child process has to require to get an implementation.
 *
 * @param {string} name 'net' or 'rsnet'
 * @returns {string} argument for `require`
 */
function requirePath(name) {
  return name === 'rsnet' ? root : 'net';
}

module.exports = {
  builtin: net,
  describeLinux,
  describeRsnet,
  implementations,
  matrix,
  nodeMajor,
  only,
  ownImplementations,
  requirePath,
  root,
  rsnet,
};
