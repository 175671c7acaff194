'use strict';

const path = require('node:path');
const { TARGETS } = require('../lib/addon/platform');
const { ROOT } = require('./lib/addon');
const { ensureDependencies } = require('./lib/dependencies');
const { nodeFor } = require('./lib/platforms/nodes');
const { tryPlatform } = require('./lib/platforms/try');
const { chosenTargets, release, since } = require('./lib/release/release');
const { main, readOptions } = require('./lib/run');

const USAGE = `npm run test:platforms -- [OPTIONS]

Makes the tarballs of the platforms that this machine can run, installs them, and runs an echo on both backends; and a
sample of the specs, where Node is not emulated. What cannot run here is named.

  --target NAME   only this one; may be given several times:
                  ${TARGETS.map(({ id }) => id).join(', ')}
  --dist FOLDER   tests the tarballs that are there, and makes none
  --echo          without the specs
  --specs REGEX   these specs in place of the sample; may be given several times
  --help          this text`;

main(() => {
  const given = readOptions(USAGE, {
    target: { type: 'string', multiple: true }, dist: { type: 'string' }, echo: { type: 'boolean' },
    specs: { type: 'string', multiple: true },
  });
  if (given === null) return;
  const { values } = given;
  const begun = Date.now();
  const found = chosenTargets(values.target).map((target) => ({ target, node: nodeFor(target) }));
  const able = found.filter(({ node }) => typeof node !== 'string');
  const dist = path.resolve(values.dist ?? path.join(ROOT, 'dist'));
  if (!values.dist && able.length > 0) release(able.map(({ target }) => target), dist);
  if (!values.echo) ensureDependencies();
  for (const { target, node } of able) {
    console.error(`\n==> ${target.id}`);
    const command = node();
    tryPlatform(target, values.echo ? { ...command, isWhole: false } : command, dist, values.specs);
  }
  console.error(`\n==> ${able.map(({ target }) => target.id).join(', ') || 'nothing'}: tried in ${since(begun)}`);
  for (const { target, node } of found) {
    if (typeof node === 'string') console.error(`rsnet: ${target.id}: not run, as ${node}`);
  }
});
