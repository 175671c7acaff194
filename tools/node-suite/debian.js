'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { CACHE } = require('./paths');
const { parse, rank } = require('./version');
const { unpack } = require('./unpack');

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const APT_HELPER = '/usr/lib/apt/apt-helper';
const UPDATE_LIMIT = 180_000;
const DOWNLOAD_LIMIT = 600_000;

/**
 * Debian's releases that carry a given Node. Fewer releases mean less to download.
 * @param {number} major
 * @returns {string[]}
 */
function releasesFor(major) {
  return major <= 20 ? ['trixie'] : ['forky', 'sid'];
}

/**
 * The machine's own Debian mirror, as its apt is set up.
 * @returns {string} the archive's address
 * @throws {Error} if apt is missing or has no Debian archive
 */
function mirror() {
  const settings = { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] };
  const targets = execFileSync('apt-get', ['indextargets', '--format', '$(REPO_URI) $(COMPONENT)'], settings);
  for (const line of targets.split('\n')) {
    const [uri, component] = line.split(' ');
    if (component === 'main' && /\/debian\/?$/.test(uri)) return uri;
  }
  throw new Error('apt on this machine has no Debian archive');
}

/**
 * Makes an apt configuration that touches nothing of the machine's own.
 * @param {number} major the Node to look for
 * @returns {string[]} options for apt-get and apt-cache
 */
function privateApt(major) {
  const home = path.join(CACHE, 'apt');
  const folders = { state: path.join(home, 'state'), cache: path.join(home, 'cache') };
  fs.mkdirSync(path.join(folders.state, 'lists', 'partial'), { recursive: true });
  fs.mkdirSync(path.join(folders.cache, 'archives', 'partial'), { recursive: true });
  const signed = fs.existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  const uri = mirror();
  const sources = path.join(home, 'sources.list');
  const lines = releasesFor(major).map((name) => `deb-src ${signed}${uri} ${name} main\n`);
  fs.writeFileSync(sources, lines.join(''));
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': folders.state,
    'Dir::State::lists': path.join(folders.state, 'lists'),
    'Dir::Cache': folders.cache,
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '15',
    // The download user of apt may have no access to the checkout.
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/**
 * Fetches the main archive of one source package. The package has further archives, which are neither needed
 * nor on every mirror.
 * @param {(command: string, args: string[], limit: number) => string} run runs a tool of apt
 * @param {string} version the package's version
 * @returns {string} the suite's folder
 * @throws {Error} if it can't be had
 */
function download(run, version) {
  const query = ['-qq', 'source', '--print-uris', '--tar-only', `nodejs=${version}`];
  const uris = run('apt-get', query, UPDATE_LIMIT);
  const main = /^'([^']+)' (\S+\.orig\.tar\.\w+) \d+ (\S+)$/m.exec(uris);
  if (!main) throw new Error(`apt knows no source archive for nodejs ${version}`);
  const [, uri, name, hash] = main;
  const archive = path.join(CACHE, name);
  try {
    run(APT_HELPER, ['download-file', uri, archive, hash], DOWNLOAD_LIMIT);
    return unpack(archive, parse(version).join('.'));
  } finally {
    fs.rmSync(archive, { force: true });
  }
}

/**
 * Fetches the suite from Debian's source package `nodejs`.
 * @param {string} version the Node's version
 * @param {(text: string) => void} say told what goes on
 * @returns {string} the suite's folder
 * @throws {Error} if it can't be had
 */
function fetchFromDebian(version, say) {
  const options = privateApt(parse(version)[0]);
  const run = (command, args, limit) => {
    const settings = { encoding: 'utf8', timeout: limit, maxBuffer: 1 << 26 };
    return execFileSync(command, [...options, ...args], { ...settings, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  say('reading the lists of Debian\'s source packages');
  run('apt-get', ['-qq', 'update'], UPDATE_LIMIT);
  const found = run('apt-cache', ['madison', 'nodejs'], UPDATE_LIMIT).split('\n')
    .map((line) => line.split('|')[1]?.trim()).filter(Boolean);
  const candidates = rank(version, found);
  if (candidates.length === 0) throw new Error(`none for ${version}, only: ${found.join(', ')}`);
  // An archive may list a version that it no longer holds.
  let failure;
  for (const candidate of candidates) {
    const folder = path.join(CACHE, parse(candidate).join('.'));
    if (fs.existsSync(folder)) return folder;
    say(`downloading Debian's source package nodejs ${candidate}`);
    try {
      return download(run, candidate);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

module.exports = { fetchFromDebian };
