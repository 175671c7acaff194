'use strict';

// npm run artifacts: copies each binary rsnet.<platform>.node that stands in the package's folder, or in the
// folder given, into the platform's package under npm/.

const fs = require('node:fs');
const path = require('node:path');
const { TARGETS, binaryName } = require('../lib/platform');
const { ROOT } = require('./lib/addon');
const { Failure, main } = require('./lib/run');

main(() => {
  const from = path.resolve(process.argv[2] ?? ROOT);
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
