'use strict';

// Unpacks Debian packages into the cache, also those for another processor. Nothing is installed, and root is not
// needed: apt works on lists of its own.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Failure, run } = require('../run');
const { CACHE, cached } = require('./cache');

/** Debian's names of processors, by Node's. */
const PROCESSORS = { x64: 'amd64', arm64: 'arm64' };

/** These come with the system, and a second one of them would not fit its loader. */
const OF_THE_SYSTEM = /^(libc6|libc-bin|libgcc-s1|libcrypt1|gcc-\d+-base)$/;

const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The settings that `apt-cache depends` needs to list nothing but what a package must have. */
const NEEDED_ONLY = ['--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces',
  '--no-enhances'];

/** @returns {boolean} whether this machine is a Debian; what is made from it has other packages */
function hasDebian() {
  const file = '/etc/os-release';
  return process.arch in PROCESSORS && fs.existsSync(file) && /^ID=debian$/m.test(fs.readFileSync(file, 'utf8'));
}

/** The packages of one release of Debian. */
class Packages {
  /**
   * @param {string} [release] its name; what the machine has when left out
   */
  constructor(release) {
    this.release = release;
    this.folder = path.join(CACHE, 'apt', release ?? 'own');
    /** Whether this process has fetched the lists. */
    this.isUpdated = false;
  }

  /** @returns {string[]} options of all programs of apt */
  options() {
    const own = PROCESSORS[process.arch];
    const settings = [
      `APT::Architecture=${own}`, ...Object.values(PROCESSORS).map((name) => `APT::Architectures::=${name}`),
      `Dir::State::Lists=${path.join(this.folder, 'lists')}`, `Dir::Cache=${this.folder}`, 'Acquire::Languages=none',
      'Debug::NoLocking=1', 'APT::Sandbox::User=',
    ];
    if (this.release) {
      const sources = path.join(this.folder, 'sources.list');
      settings.push(`Dir::Etc::sourcelist=${sources}`, 'Dir::Etc::sourceparts=/dev/null');
    }
    return settings.flatMap((setting) => ['-o', setting]);
  }

  /**
   * Runs a program of apt.
   * @param {string} program its name
   * @param {string[]} args
   * @param {object} [more] options of `run`
   * @returns {string} what it wrote
   */
  run(program, args, more = {}) {
    return run(program, [...this.options(), ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...more });
  }

  /** Fetches the lists of packages, once in each process that needs one. */
  update() {
    if (this.isUpdated) return;
    console.error(`rsnet: fetching the lists of Debian's packages${this.release ? ` of ${this.release}` : ''}`);
    for (const name of ['lists/partial', 'archives/partial']) {
      fs.mkdirSync(path.join(this.folder, name), { recursive: true });
    }
    // apt takes the lists of a mirror that stands still for too old otherwise.
    if (this.release) {
      const source = `deb [signed-by=${KEYS} check-valid-until=no] ${new Packages().mirror()} ${this.release} main\n`;
      fs.writeFileSync(path.join(this.folder, 'sources.list'), source);
    }
    this.run('apt-get', ['update', '-qq']);
    this.isUpdated = true;
  }

  /**
   * @returns {string} where the packages come from
   * @throws {Failure} when apt names no such place
   */
  mirror() {
    this.update();
    const lines = this.run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL) $(CREATED_BY)']);
    const found = lines.split('\n').map((line) => line.split(' '))
      .find(([, label, kind]) => label === 'Debian' && kind === 'Packages');
    if (!found) throw new Failure('apt of this machine has no source of Debian\'s packages');
    return found[0];
  }

  /**
   * Finds the package of a name that has the version in it.
   * @param {string} dependent the package that depends on it
   * @param {RegExp} name
   * @returns {string} the first that fits
   * @throws {Failure} when there is none
   */
  dependency(dependent, name) {
    this.update();
    const args = [...this.options(), 'depends', ...NEEDED_ONLY, dependent];
    const text = spawnSync('apt-cache', args, { encoding: 'utf8' }).stdout ?? '';
    const found = [...text.matchAll(/Depends: (\S+)/g)].map(([, one]) => one).find((one) => name.test(one));
    if (!found) throw new Failure(`Debian's ${dependent} is not among the packages of this machine's sources`);
    return found;
  }

  /**
   * Names what packages need in their turn, besides what every system has.
   * @param {string[]} names of packages
   * @returns {string[]} the packages and all that they depend on
   */
  withDependencies(names) {
    this.update();
    const text = this.run('apt-cache', ['depends', '--recurse', ...NEEDED_ONLY, ...names]);
    return text.split('\n').filter((line) => /^[a-z0-9]/.test(line) && !line.includes(':'))
      .filter((name) => !OF_THE_SYSTEM.test(name));
  }

  /**
   * Unpacks packages into a folder of the cache.
   * @param {string} name of the folder
   * @param {string} content what decides whether the folder that is there is still good
   * @param {() => string[]} packages gives their names, with the processor where it is another: `musl:arm64`
   * @returns {string} the folder, which is to them what `/` is to those that are installed
   */
  unpacked(name, content, packages) {
    return cached(name, content, (folder) => {
      this.update();
      const names = packages();
      console.error(`rsnet: unpacking Debian's ${names.join(', ')} into ${path.relative(process.cwd(), folder)}`);
      const archives = fs.mkdtempSync(path.join(CACHE, 'debs-'));
      try {
        this.run('apt-get', ['download', '-qq', ...names], { cwd: archives, name: 'apt-get download' });
        for (const archive of fs.readdirSync(archives)) run('dpkg', ['-x', path.join(archives, archive), folder]);
      } finally {
        fs.rmSync(archives, { recursive: true });
      }
    });
  }
}

module.exports = { PROCESSORS, Packages, hasDebian };
