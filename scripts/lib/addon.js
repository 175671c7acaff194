'use strict';

// Builds the addon with cargo and puts it into the package's folder, unless the one there is newer than all
// of its sources.

const fs = require('node:fs');
const path = require('node:path');
const { TARGETS, binaryName } = require('../../lib/addon/platform');
const { libcOf, readElf } = require('./elf');
const { Failure, run } = require('./run');
const { NO_CARGO, buildTarget, cargoEnvironment } = require('./target');

const ROOT = path.join(__dirname, '..', '..');
const STAMP = path.join(ROOT, '.rsnet-build.json');
const SOURCES = ['src', '.cargo', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'rust-toolchain.toml'];

/**
 * When a file, or anything in a folder, was last changed. Folders count too, as removing a file changes their
 * time.
 * @param {string} file path of the file or folder
 * @returns {number} milliseconds since the epoch; 0 if it is not there
 */
function newest(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))));
}

/**
 * Whether the addon is there, made with this profile, and no older than everything it was made from.
 * @param {string} file path of the addon
 * @param {string} profile `release` or `debug`
 * @returns {boolean} true if there is nothing to build
 */
function upToDate(file, profile) {
  const built = newest(file);
  if (built === 0) return false;
  let stamp;
  try {
    stamp = JSON.parse(fs.readFileSync(STAMP, 'utf8'));
  } catch {
    return false;
  }
  if (stamp[path.basename(file)] !== profile) return false;
  return SOURCES.every((name) => newest(path.join(ROOT, name)) <= built);
}

/**
 * Run cargo and find the library it made, wherever its target folder is.
 * @param {string} profile `release` or `debug`
 * @param {string} triple platform to build for
 * @param {object} [how] the release links with another program
 * @param {string} [how.command] of cargo
 * @param {string[]} [how.args] more arguments
 * @param {object} [how.env] its environment
 * @param {string} [how.asked] what the command calls the platform
 * @returns {string} path of the shared library
 */
function cargoBuild(profile, triple, { command = 'build', args: more = [], env = process.env, asked = triple } = {}) {
  const args = [command, '--lib', '--message-format=json-render-diagnostics', '--target', asked, ...more];
  if (profile === 'release') args.push('--release');
  const output = run('cargo', args, {
    cwd: ROOT,
    env: cargoEnvironment(triple, env),
    stdio: ['ignore', 'pipe', 'inherit'],
    missing: NO_CARGO,
    name: `cargo ${command}`,
  });
  for (const line of output.split('\n')) {
    if (!line.startsWith('{')) continue;
    const message = JSON.parse(line);
    if (message.reason !== 'compiler-artifact' || message.target.name !== 'rsnet') continue;
    const library = message.filenames.find((name) => /\.(so|dylib)$/.test(name));
    if (library) return library;
  }
  throw new Failure('cargo made no shared library: is crate-type "cdylib" set in Cargo.toml?');
}

/**
 * Refuse a library that is not what its name would say: a compiler of one C library links for its own, whatever the
 * platform that cargo was asked for.
 * @param {string} library path of the shared library
 * @param {string} id short name of the platform
 * @throws {Failure} when it is for another C library, or another processor
 */
function refuseOther(library, id) {
  const target = TARGETS.find((known) => known.id === id);
  const found = target?.libc ? readElf(library) : null;
  if (!found) return;
  const libc = libcOf(found);
  if (found.arch === target.arch && (libc === null || libc === target.libc)) return;
  throw new Failure(`the linker made a library for ${found.arch} and ${libc}, which is not ${id}: ` +
    'set a linker for it, or run "npm run release" in the repository');
}

/**
 * Make sure the addon for a platform stands in the package's folder.
 * @param {object} [options] what to build
 * @param {boolean} [options.debug] without optimisation
 * @param {boolean} [options.force] even if it is up to date
 * @param {string} [options.triple] for another platform than this machine
 * @returns {{id: string, file: string, built: boolean}} platform, path of the addon, whether it was built now
 * @throws {Failure} when it cannot be built
 */
function ensureAddon({ debug = false, force = false, triple: wanted } = {}) {
  const { id, triple } = buildTarget(wanted);
  const file = path.join(ROOT, binaryName(id));
  const profile = debug ? 'debug' : 'release';
  if (!force && upToDate(file, profile)) return { id, file, built: false };

  console.error(`rsnet: building the ${profile} addon for ${id}`);
  const started = new Date();
  const library = cargoBuild(profile, triple);
  refuseOther(library, id);
  // A process may have the old file mapped, another may load it now: give it a new inode in one step.
  const fresh = `${file}.${process.pid}.tmp`;
  fs.copyFileSync(library, fresh);
  // As old as the start of the build, so that a source saved meanwhile counts as newer.
  fs.utimesSync(fresh, started, started);
  fs.renameSync(fresh, file);
  recordProfile(path.basename(file), profile);
  return { id, file, built: true };
}

/**
 * Remember with which profile a binary was made, which the file itself does not tell.
 * @param {string} name file name of the binary
 * @param {string} profile `release` or `debug`
 */
function recordProfile(name, profile) {
  let stamp = {};
  try {
    stamp = JSON.parse(fs.readFileSync(STAMP, 'utf8'));
  } catch { /* the first build here */ }
  stamp[name] = profile;
  const fresh = `${STAMP}.${process.pid}.tmp`;
  fs.writeFileSync(fresh, `${JSON.stringify(stamp)}\n`);
  fs.renameSync(fresh, STAMP);
}

module.exports = { ROOT, cargoBuild, ensureAddon };
