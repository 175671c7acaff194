'use strict';

// npm run build, npm run build:debug: makes the addon, rsnet.<platform>.node, in the package's folder.
// --debug: without optimisation. --force: even if it is up to date. --target <triple>: for another platform.

const path = require('node:path');
const { parseArgs } = require('node:util');
const { ensureAddon } = require('./lib/addon');
const { main } = require('./lib/run');

main(() => {
  const { values } = parseArgs({
    options: { debug: { type: 'boolean' }, force: { type: 'boolean' }, target: { type: 'string' } },
  });
  const { file, built } = ensureAddon({ debug: values.debug, force: values.force, triple: values.target });
  console.error(`rsnet: ${path.basename(file)} ${built ? 'is built' : 'is up to date'}`);
});
