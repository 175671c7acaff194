'use strict';

// npm run typecheck: TypeScript over the declarations and the programs in __test__/types that use them.

const { ROOT } = require('./lib/addon');
const { ensureDependencies, runTool } = require('./lib/dependencies');
const { main } = require('./lib/run');

main(() => {
  ensureDependencies();
  runTool('typescript', 'tsc', ['--project', ROOT, ...process.argv.slice(2)]);
});
