'use strict';

/** Has publint and arethetypeswrong judge the tarballs that are published. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runToEnd } = require('../clients/processes');
const { main, readOptions } = require('../../scripts/lib/run');
const { PACKAGES, installTools } = require('./install');

const USAGE = `npm run check:package -- [OPTIONS]

Packs, and has publint and arethetypeswrong judge the tarballs.

  --help   this text`;

const PACK = path.join(__dirname, '..', '..', 'scripts', 'pack.js');

/**
 * Run a program of this folder's packages.
 * @param {string} program path in node_modules
 * @param {...string} args
 */
async function judge(program, ...args) {
  process.stdout.write(await runToEnd(process.execPath, [path.join(PACKAGES, program), ...args], { limit: 120 }));
}

/** Pack, and judge each tarball. */
async function check() {
  if (readOptions(USAGE) === null) return;
  await installTools();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-judged-'));
  try {
    await runToEnd(process.execPath, [PACK, '--out', folder], { limit: 300 });
    for (const name of fs.readdirSync(folder)) {
      const tarball = path.join(folder, name);
      await judge('publint/src/cli.js', 'run', tarball, '--strict');
      // The platforms' packages have a binary, and no types.
      if (/^rsnet-\d/.test(name)) await judge('@arethetypeswrong/cli/dist/index.js', tarball, '--no-emoji');
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main(check);
