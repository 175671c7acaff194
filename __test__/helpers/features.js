'use strict';

const { implementations } = require('./implementations');

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
 * Whether the Node that runs the specs is at least of a version.
 *
 * @param {number} major
 * @param {number} [minor=0]
 * @returns {boolean}
 */
function nodeAtLeast(major, minor = 0) {
  const [hostMajor, hostMinor] = process.versions.node.split('.').map(Number);
  return hostMajor > major || (hostMajor === major && hostMinor >= minor);
}

module.exports = { describeFeature, nodeAtLeast, withFeature };
