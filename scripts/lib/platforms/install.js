'use strict';

// Installs the tarballs as a user does, and what jest needs to run on a platform.

const fs = require('node:fs');
const path = require('node:path');
const { packageName } = require('../../../lib/addon/platform');
const { ROOT } = require('../addon');
const { cached } = require('../release/cache');
const { Failure, npmCommand, run } = require('../run');

/** @typedef {import('../../../lib/addon/platform').Target} Target */

/** npm takes a package for another platform by force only. */
const OPTIONS = ['--ignore-scripts', '--no-audit', '--no-fund', '--force', '--loglevel=error'];

/**
 * @param {Target} target
 * @returns {string[]} options that have npm install for a platform
 */
function platformOptions({ platform, arch, libc }) {
  const options = [`--os=${platform}`, `--cpu=${arch}`];
  if (libc) options.push(`--libc=${libc === 'gnu' ? 'glibc' : libc}`);
  return options;
}

/**
 * @param {string} folder
 * @param {string[]} args what npm installs there, and how
 */
function npmInstall(folder, args) {
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","private":true}\n');
  const [program, all] = npmCommand(['install', ...OPTIONS, ...args]);
  run(program, all, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], name: 'npm install' });
}

/**
 * Installs the tarballs in a new project.
 * @param {Target} target
 * @param {string} dist the folder with the tarballs
 * @param {string} folder of the project
 * @throws {Failure} when a tarball is missing, or npm fails
 */
function installTarballs(target, dist, folder) {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const tarballs = ['rsnet', packageName(target.id)].map((name) => path.join(dist, `${name}-${version}.tgz`));
  const missing = tarballs.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`${missing} is not there: npm run release -- --target ${target.id}`);
  npmInstall(folder, ['--offline', ...platformOptions(target), ...tarballs]);
}

/**
 * jest finds modules with an addon of its own, and node_modules has the one for this machine.
 * @param {Target} target
 * @returns {Record<string, string>} what makes jest run on the platform, as environment
 */
function jestEnvironment(target) {
  const name = `@unrs/resolver-binding-${target.id}`;
  if (fs.existsSync(path.join(ROOT, 'node_modules', name))) return {};
  const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const wanted = `${name}@${packages['node_modules/unrs-resolver'].version}`;
  const folder = cached(`resolver-${target.id}`, wanted, (fresh) => {
    npmInstall(fresh, [...platformOptions(target), wanted]);
  });
  return { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(folder, 'node_modules', name, `resolver.${target.id}.node`) };
}

module.exports = { installTarballs, jestEnvironment };
