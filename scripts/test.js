'use strict';

// npm test: installs the development dependencies and builds the addon if need be, then runs jest with the
// arguments given.

const { ensureAddon } = require('./lib/addon');
const { ensureDependencies, runTool } = require('./lib/dependencies');
const { main } = require('./lib/run');

main(() => {
  ensureDependencies();
  ensureAddon();
  runTool('jest', 'jest', process.argv.slice(2));
});
