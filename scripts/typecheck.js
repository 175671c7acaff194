'use strict';

const path = require('node:path');
const { ROOT } = require('./lib/addon');
const { ensureDependencies, runTool } = require('./lib/dependencies');
const { givesHelp, main } = require('./lib/run');

const USAGE = `npm run typecheck -- [OPTIONS of tsc]

Installs the development dependencies if need be, then runs TypeScript over the declarations, the programs in
__test__/types that use them, and lib/.

  --help   this text; npx tsc --help prints the options of tsc`;

main(() => {
  if (givesHelp(USAGE)) return;
  ensureDependencies();
  for (const project of [ROOT, path.join(ROOT, 'lib')]) {
    runTool('typescript', 'tsc', ['--project', project, ...process.argv.slice(2)]);
  }
});
