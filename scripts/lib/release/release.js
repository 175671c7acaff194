'use strict';

// Builds, checks and packs: what `npm run release` does, and `npm run test:platforms` before it tests.

const { TARGETS } = require('../../../lib/addon/platform');
const { ensureDependencies } = require('../dependencies');
const { Failure } = require('../run');
const { buildFor } = require('./build');
const { checkBinary } = require('./check');

/** @typedef {import('../../../lib/addon/platform').Target} Target */

/**
 * @param {string[] | undefined} names short names of platforms, as the user gave them
 * @returns {readonly Target[]} those platforms, or all
 * @throws {Failure} when there is no such platform
 */
function chosenTargets(names) {
  const known = TARGETS.map(({ id }) => id);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Failure(`${unknown} is none of ${known.join(', ')}`, 2);
  return names ? TARGETS.filter(({ id }) => names.includes(id)) : TARGETS;
}

/**
 * @param {number} begun when something began, in milliseconds
 * @returns {string} how long ago that is
 */
function since(begun) {
  return `${Math.round((Date.now() - begun) / 1000)} s`;
}

/**
 * Builds the binaries of platforms, checks them, and makes the tarballs.
 * @param {readonly Target[]} targets the platforms
 * @param {string} out the folder where the tarballs go
 * @throws {Failure} when a binary cannot be built, or is not what it must be
 */
function release(targets, out) {
  const begun = Date.now();
  ensureDependencies();
  // esbuild, which it uses, is one of the development dependencies.
  const { pack } = require('../pack');
  const binaries = targets.map((target, index) => {
    const started = Date.now();
    console.error(`\n==> ${index + 1} of ${targets.length}: ${target.id}`);
    const file = buildFor(target);
    const { wrong, summary } = checkBinary(target, file);
    console.error(`rsnet: ${target.id}: ${summary}, ${since(started)}`);
    if (wrong.length > 0) throw new Failure(`the binary for ${target.id} is not fit: ${wrong.join('; ')}`);
    return { id: target.id, file };
  });
  console.error('\n==> tarballs');
  pack(out, binaries);
  console.error(`rsnet: ${binaries.map(({ id }) => id).join(', ')}: built, checked and packed in ${since(begun)}`);
}

module.exports = { chosenTargets, release, since };
