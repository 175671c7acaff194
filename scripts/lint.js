'use strict';

// npm run lint: ESLint over all JavaScript of the package, with the arguments given (--fix).

const { ensureDependencies, runTool } = require('./lib/dependencies');
const { main } = require('./lib/run');

main(() => {
  ensureDependencies();
  runTool('eslint', 'eslint', ['--max-warnings=0', '.', ...process.argv.slice(2)]);
});
