'use strict';

const path = require('node:path');
const { ensureAddon } = require('./lib/addon');
const { main, readOptions } = require('./lib/run');

const USAGE = `npm run build -- [OPTIONS], npm run build:debug -- [OPTIONS]

Makes the addon, rsnet.<platform>.node, in the package's folder, unless it is newer than all of its sources.

  --debug           without optimisation
  --force           even if it is up to date
  --target TRIPLE   for another platform, under Rust's name for it
  --help            this text`;

main(() => {
  const given = readOptions(USAGE, {
    debug: { type: 'boolean' }, force: { type: 'boolean' }, target: { type: 'string' },
  });
  if (given === null) return;
  const { values } = given;
  const { file, built } = ensureAddon({ debug: values.debug, force: values.force, triple: values.target });
  console.error(`rsnet: ${path.basename(file)} ${built ? 'is built' : 'is up to date'}`);
});
