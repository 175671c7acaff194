'use strict';

// npm start: builds the addon if need be, and runs the main example on a real file (or on the one given).
// Needs cargo, but nothing from npm.

const path = require('node:path');
const { ROOT, ensureAddon } = require('./lib/addon');
const { main, run } = require('./lib/run');

main(() => {
  ensureAddon();
  const example = path.join(ROOT, 'examples', 'transfer.js');
  run(process.execPath, [example, ...process.argv.slice(2)], { name: 'examples/transfer.js' });
});
