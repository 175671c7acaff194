'use strict';

const path = require('node:path');
const { TARGETS } = require('../lib/addon/platform');
const { ROOT } = require('./lib/addon');
const { ensureDependencies } = require('./lib/dependencies');
const { NPM_NODES, nodesFor } = require('./lib/platforms/nodes');
const { BACKENDS } = require('./lib/platforms/specs');
const { tryPlatform } = require('./lib/platforms/try');
const { chosenTargets, release, since } = require('./lib/release/release');
const { Failure, main, readOptions } = require('./lib/run');

const USAGE = `npm run test:platforms -- [OPTIONS]

Makes the tarballs of the platforms that this machine can run, installs them, runs an echo on both backends, and all
specs. Each Node of ${NPM_NODES.join(', ')} takes one backend, by turns. Where Node is emulated, few specs run, on both.
What cannot run here is named.

  --target NAME   only this platform; may be given several times:
                  ${TARGETS.map(({ id }) => id).join(', ')}
  --node MAJOR    only this Node; may be given several times
  --backend NAME  this backend on all Nodes; may be given several times: ${BACKENDS.join(', ')}
  --dist FOLDER   tests the tarballs that are there, and makes none
  --sample        one Node for each platform, this machine's where it can be; a sample of the specs, and none where
                  Node is emulated
  --echo          without the specs
  --specs REGEX   these specs in place of all; may be given several times
  --help          this text`;

main(() => {
  const several = { type: 'string', multiple: true };
  const given = readOptions(USAGE, {
    target: several, node: several, backend: several, dist: { type: 'string' }, sample: { type: 'boolean' },
    echo: { type: 'boolean' }, specs: several,
  });
  if (given === null) return;
  const { target: names, node: majors, backend: backends, dist: folder, ...choice } = given.values;
  const unknown = backends?.find((name) => !BACKENDS.includes(name));
  if (unknown !== undefined) throw new Failure(`${unknown} is none of ${BACKENDS.join(', ')}`, 2);
  const begun = Date.now();
  const isOne = choice.sample || choice.echo;
  const found = chosenTargets(names).map((target) => ({ target, nodes: nodesFor(target, { isOne, majors }) }));
  const able = found.filter(({ nodes }) => typeof nodes !== 'string');
  const dist = path.resolve(folder ?? path.join(ROOT, 'dist'));
  if (!folder && able.length > 0) release(able.map(({ target }) => target), dist);
  if (!choice.echo) ensureDependencies();
  const results = able.flatMap(({ target, nodes }) => {
    console.error(`\n==> ${target.id}`);
    return tryPlatform(target, nodes, dist, { ...choice, backends });
  });
  console.error(`\n==> ${able.map(({ target }) => target.id).join(', ') || 'nothing'}: tried in ${since(begun)}`);
  for (const { line } of results) console.error(`rsnet: ${line}`);
  for (const { target, nodes } of found) {
    if (typeof nodes === 'string') console.error(`rsnet: ${target.id}: not run, as ${nodes}`);
  }
  const bad = results.filter(({ isGood }) => !isGood).length;
  if (bad > 0) throw new Failure(`${bad} of ${results.length} runs failed`);
});
