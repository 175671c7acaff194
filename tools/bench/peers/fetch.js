'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { CACHE } = require('../paths');
const { run } = require('../process');
const { BINARIES } = require('../../runtimes/install');

/** Seconds that npm may take for one runtime. */
const LIMIT = 300;

/**
 * Makes the cache folder, which git ignores.
 * @returns {string} its path
 */
function cache() {
  fs.mkdirSync(CACHE, { recursive: true });
  fs.writeFileSync(path.join(CACHE, '.gitignore'), '*\n');
  return CACHE;
}

/**
 * Finds a runtime in the cache or installs its newest version from npm.
 * @param {'bun'|'deno'} id
 * @param {(text: string) => void} say told what goes on
 * @returns {Promise<string>} the binary's path
 * @throws {Error} if it cannot be had
 */
async function fetchRuntime(id, say) {
  const found = BINARIES[id][`${process.platform}-${process.arch}`];
  if (!found) throw new Error(`no package of ${id} for ${process.platform}-${process.arch} is known`);
  const folder = path.join(cache(), id);
  const file = path.join(folder, 'node_modules', found.name, found.file);
  if (fs.existsSync(file)) return file;
  say(`installing ${found.name} from npm`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=1', found.name];
  await run({ file: 'npm', args, cwd: folder }, LIMIT);
  // npm drops the execute permission of files that the package does not list as programs.
  fs.chmodSync(file, 0o755);
  return file;
}

module.exports = { cache, fetchRuntime };
