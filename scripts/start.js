'use strict';

// npm start. Needs cargo, but nothing from npm.

const path = require('node:path');
const { ROOT, ensureAddon } = require('./lib/addon');
const { main, readOptions, run } = require('./lib/run');

const USAGE = `npm start -- [FILE]

Builds the addon if need be, and sends a file through rsnet and the built-in net, in every combination and over TCP and
Unix-domain sockets; compares SHA-256.

  FILE     what to send (the binary of the running Node)
  --help   this text`;

main(() => {
  const given = readOptions(USAGE, {}, 1);
  if (given === null) return;
  ensureAddon();
  const example = path.join(ROOT, 'examples', 'transfer.js');
  // The host's own net must not pass for rsnet.
  const env = { ...process.env, RSNET_STRICT: '1' };
  run(process.execPath, [example, ...given.positionals], { name: 'examples/transfer.js', env });
});
