'use strict';

const path = require('node:path');
const { TARGETS } = require('../lib/addon/platform');
const { ROOT } = require('./lib/addon');
const { chosenTargets, release } = require('./lib/release/release');
const { main, readOptions } = require('./lib/run');

const USAGE = `npm run release -- [OPTIONS]

Builds the binaries of all platforms, checks them, and makes the tarballs of the package and of the platforms' packages.
Needed: cargo, Python with venv, and either rustup's standard library for each platform ("rustup target add TRIPLE") or
the packages of Debian. All else comes from PyPI and Debian into .cache/release.

  --target NAME   only this one; may be given several times:
                  ${TARGETS.map(({ id }) => id).join(', ')}
  --out FOLDER    where the tarballs go (dist)
  --help          this text`;

main(() => {
  const given = readOptions(USAGE, { target: { type: 'string', multiple: true }, out: { type: 'string' } });
  if (given === null) return;
  release(chosenTargets(given.values.target), path.resolve(given.values.out ?? path.join(ROOT, 'dist')));
});
