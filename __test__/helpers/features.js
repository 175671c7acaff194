'use strict';

const { builtin, implementations } = require('./implementations');

/**
 * The implementations that have a feature: rsnet always, the built-in where the host is new enough.
 *
 * @param {(net: typeof import('net')) => boolean} has whether the feature is there
 * @returns {Array<[string, typeof import('net')]>} for `describe.each`; may be empty when only the built-in is run
 */
function withFeature(has) {
  return implementations.filter(([name, net]) => name === 'rsnet' || has(net));
}

/**
 * `describe.each` over the implementations that have a feature; skipped when there is none.
 *
 * @param {string} title
 * @param {(net: typeof import('net')) => boolean} has
 * @param {(net: typeof import('net'), name: string) => void} define
 * @returns {void}
 */
function describeFeature(title, has, define) {
  const those = withFeature(has);
  if (those.length === 0) {
    describe.skip(title, () => test('the host does not have it', () => {}));
    return;
  }
  describe.each(those)(`%s ${title}`, (name, net) => define(net, name));
}

/**
 * Whether the built-in's handles have a member. Members come to older lines of Node as well, so no version tells.
 *
 * @param {string} name
 * @returns {boolean}
 */
function hostHandleHas(name) {
  return name in process.binding('tcp_wrap').TCP.prototype;
}

/**
 * Whether a `net` has BoundSocket for paths as well. Where it came first, in 24.19, it ignores a path.
 *
 * @param {typeof import('net')} net
 * @returns {boolean}
 */
function bindsPaths(net) {
  return 'BoundSocket' in net && 'isPipe' in net.BoundSocket.prototype;
}

/**
 * Whether a socket that was made with a BoundSocket connects at once. Where the class came first, in 24.19, such a
 * socket looks up its host before.
 *
 * @param {typeof import('net')} net
 * @returns {boolean}
 */
function connectsBoundAtOnce(net) {
  if (!('BoundSocket' in net)) return false;
  const socket = new net.Socket({ handle: new net.BoundSocket({ host: '127.0.0.1' }) });
  let attempts = 0;
  socket.on('error', () => {}).on('connectionAttempt', () => { attempts += 1; });
  socket.connect({ host: '127.0.0.1', port: 1 });
  socket.destroy();
  return attempts > 0;
}

/**
 * Whether the built-in's sockets, servers or bound sockets can go to another thread. That came to older lines of Node
 * as well, and not to all of the classes at once.
 *
 * @param {string} name of the class
 * @returns {boolean}
 */
function hostTransfers(name) {
  const symbols = name in builtin ? Object.getOwnPropertySymbols(builtin[name].prototype) : [];
  return symbols.some(({ description }) => description === 'messaging_transfer_symbol');
}

/**
 * Whether the Node that runs the specs is at least of a version.
 *
 * @param {...number} wanted major, minor, patch; those left out are 0
 * @returns {boolean}
 */
function nodeAtLeast(...wanted) {
  return atLeast(process.versions.node, wanted);
}

/**
 * Whether the libuv of that Node is at least of a version.
 *
 * @param {...number} wanted as for `nodeAtLeast`
 * @returns {boolean}
 */
function uvAtLeast(...wanted) {
  return atLeast(process.versions.uv, wanted);
}

/**
 * @param {string} version
 * @param {number[]} wanted major, minor, patch
 * @returns {boolean} whether the version is at least that one
 */
function atLeast(version, wanted) {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10));
  const at = numbers.findIndex((number, i) => number !== (wanted[i] ?? 0));
  return at < 0 || numbers[at] > (wanted[at] ?? 0);
}

module.exports = {
  bindsPaths, connectsBoundAtOnce, describeFeature, hostHandleHas, hostTransfers, nodeAtLeast, uvAtLeast, withFeature,
};
