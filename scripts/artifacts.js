'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { TARGETS, binaryName } = require('../lib/addon/platform');
const { ROOT } = require('./lib/addon');
const { Failure, main, readOptions } = require('./lib/run');

const USAGE = `npm run artifacts -- [FOLDER]

Copies each binary rsnet.<platform>.node that is found into the platform's package under npm/.

  FOLDER   where the binaries are (the package's folder)
  --help   this text`;

main(() => {
  const given = readOptions(USAGE, {}, 1);
  if (given === null) return;
  const from = path.resolve(given.positionals[0] ?? ROOT);
  let count = 0;
  for (const { id } of TARGETS) {
    const file = path.join(from, binaryName(id));
    if (!fs.existsSync(file)) continue;
    fs.copyFileSync(file, path.join(ROOT, 'npm', id, binaryName(id)));
    console.error(`rsnet: npm/${id}/${binaryName(id)}`);
    count += 1;
  }
  if (count === 0) throw new Failure(`no binary found in ${from}`);
});
