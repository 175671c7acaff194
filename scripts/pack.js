'use strict';

const path = require('node:path');
const { ROOT, ensureAddon } = require('./lib/addon');
const { ensureDependencies } = require('./lib/dependencies');
const { main, readOptions } = require('./lib/run');

const USAGE = `npm run pack -- [OPTIONS]

Makes the tarballs of the package and of this platform's package, which has the binary.

  --out FOLDER      where they go (dist)
  --target TRIPLE   with the binary for another platform, under Rust's name for it
  --help            this text`;

main(() => {
  const given = readOptions(USAGE, { out: { type: 'string' }, target: { type: 'string' } });
  if (given === null) return;
  const { values } = given;
  ensureDependencies();
  // esbuild, which it uses, is one of the development dependencies.
  const { pack } = require('./lib/pack');
  pack(path.resolve(values.out ?? path.join(ROOT, 'dist')), [ensureAddon({ triple: values.target })]);
});
