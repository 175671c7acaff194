'use strict';

const { ensureAddon } = require('./lib/addon');
const { ensureDependencies, runTool } = require('./lib/dependencies');
const { givesHelp, main } = require('./lib/run');

const USAGE = `npm test -- [PATTERN...] [OPTIONS of jest]

Installs the development dependencies and builds the addon if need be, then runs jest over the specs in __test__.

  PATTERN              only the files whose path matches, for example: server
  -t REGEX             only the tests whose name matches
  --help               this text; npx jest --help prints all options of jest

RSNET_BACKEND=uv|tokio chooses rsnet's backend, RSNET_SPEC_ONLY=builtin|rsnet one of the implementations.`;

main(() => {
  if (givesHelp(USAGE)) return;
  ensureDependencies();
  ensureAddon();
  runTool('jest', 'jest', process.argv.slice(2));
});
