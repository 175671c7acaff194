'use strict';

const { ensureDependencies, runTool } = require('./lib/dependencies');
const { givesHelp, main } = require('./lib/run');

const USAGE = `npm run lint -- [OPTIONS of eslint]

Installs the development dependencies if need be, then runs ESLint over all JavaScript of the package, and
dependency-cruiser over lib/: an import goes to the same room or to one below it (.dependency-cruiser.js).

  --fix    change what ESLint can change
  --help   this text; npx eslint --help prints all options of eslint`;

main(() => {
  if (givesHelp(USAGE)) return;
  ensureDependencies();
  runTool('eslint', 'eslint', ['--max-warnings=0', '.', ...process.argv.slice(2)]);
  runTool('dependency-cruiser', 'depcruise', ['lib', 'index.js', 'register.js']);
});
