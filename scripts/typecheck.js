'use strict';

const { ROOT } = require('./lib/addon');
const { ensureDependencies, runTool } = require('./lib/dependencies');
const { givesHelp, main } = require('./lib/run');

const USAGE = `npm run typecheck -- [OPTIONS of tsc]

Installs the development dependencies if need be, then runs TypeScript over the declarations and the programs in
__test__/types that use them.

  --help   this text; npx tsc --help prints the options of tsc`;

main(() => {
  if (givesHelp(USAGE)) return;
  ensureDependencies();
  runTool('typescript', 'tsc', ['--project', ROOT, ...process.argv.slice(2)]);
});
