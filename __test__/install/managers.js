'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { TARGETS, hostId, packageName } = require('../../lib/addon/platform');
const { MANAGERS } = require('../../tools/managers/install');
const { runNode, succeed } = require('../package/command');
const { ROOT, Project } = require('../package/project');
const { Registry } = require('./registry');

/**
 * @param {string} url of the registry
 * @returns {Record<string, string>} files with the settings of npm and pnpm
 */
const npmSettings = (url) => ({ '.npmrc': `registry=${url}/\n` });

/**
 * @param {string} url of the registry
 * @param {string} home of the manager
 * @returns {Record<string, string>} files with the settings of Yarn 1, whose caches are elsewhere when root runs it
 */
const yarn1Settings = (url, home) => ({
  '.yarnrc': [
    `registry "${url}/"`, `cache-folder "${path.join(home, 'cache')}"`, 'disable-self-update-check true',
  ].join('\n'),
});

/**
 * @param {string} linker how programs find the packages
 * @returns {Function} which makes files with the settings of Yarn 4
 */
const yarn4Settings = (linker) => (url) => ({
  '.yarnrc.yml': [
    `npmRegistryServer: ${url}`, 'unsafeHttpWhitelist: [127.0.0.1]', 'enableTelemetry: false',
    `nodeLinker: ${linker}`, 'pnpEnableEsmLoader: true',
  ].join('\n'),
  // Without it Yarn looks for a project in the folders above.
  'yarn.lock': '',
});

/**
 * Each manager: its program for node, or its binary; the word that adds a package; files with its settings; flags of
 * node for programs of the project, and for those that are modules.
 */
const TABLE = {
  npm: { program: 'npm/bin/npm-cli.js', add: 'install', settings: npmSettings },
  pnpm: { binary: `@pnpm/exe.${process.platform}-${process.arch}/pnpm`, add: 'add', settings: npmSettings },
  // It fetches what does not belong here, too. Of that, node_modules gets the binary for the other C library.
  'Yarn 1': { program: 'yarn/bin/yarn.js', add: 'add', settings: yarn1Settings, fetchesAll: true },
  'Yarn 4': { program: '@yarnpkg/cli-dist/bin/yarn.js', add: 'add', settings: yarn4Settings('node-modules') },
  'Yarn 4, Plug\'n\'Play': {
    program: '@yarnpkg/cli-dist/bin/yarn.js',
    add: 'add',
    settings: yarn4Settings('pnp'),
    flags: ['--require', './.pnp.cjs'],
    // Node warns of this flag.
    moduleFlags: ['--no-warnings', '--experimental-loader', './.pnp.loader.mjs'],
  },
};

/** Switches that keep the managers from asking for more than packages. */
const QUIET = {
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  pnpm_config_update_notifier: 'false',
};

/** A registry that has rsnet and the packages of all platforms. Those of other platforms have no binary. */
class Published {
  /** Make the tarballs, and publish them. */
  async prepare() {
    await succeed([require.resolve('../../tools/managers/install')], { limit: 300000 });
    this.project = new Project();
    await this.project.pack();
    this.registry = new Registry();
    for (const name of this.project.names) this.registry.publish(path.join(this.project.tarballs, name));
    for (const { id } of TARGETS.filter((target) => target.id !== hostId())) this.publishBare(id);
    await this.registry.listen();
  }

  /**
   * Publish the package of a platform without its binary.
   * @param {string} id short name of the platform
   */
  publishBare(id) {
    const stage = path.join(this.project.folder, id);
    fs.cpSync(path.join(ROOT, 'npm', id), path.join(stage, 'package'), { recursive: true });
    const tarball = path.join(this.project.folder, `${packageName(id)}.tgz`);
    execFileSync('tar', ['-czf', tarball, '-C', stage, 'package'], { timeout: 30000 });
    this.registry.publish(tarball);
  }

  /** Remove all. */
  async remove() {
    await this.registry?.close();
    this.project?.remove();
  }
}

/** A user's project, which a manager installs rsnet in. The manager has a home of its own, and so its own caches. */
class Managed {
  /**
   * @param {string} name of a manager in the table
   * @param {Registry} registry
   */
  constructor(name, registry) {
    this.manager = TABLE[name];
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-managed-'));
    this.app = path.join(this.home, 'app');
    const bin = path.join(this.home, 'bin');
    const temporary = path.join(this.home, 'temporary');
    for (const folder of [this.app, bin, temporary]) fs.mkdirSync(folder);
    fs.symlinkSync(process.execPath, path.join(bin, 'node'));
    // Neither this machine's settings nor those of who started the spec.
    this.env = {
      ...QUIET,
      PATH: bin,
      HOME: this.home,
      TMPDIR: temporary,
      RSNET_STRICT: '1',
      npm_config_globalconfig: path.join(this.home, 'none'),
      HTTP_PROXY: registry.url,
      HTTPS_PROXY: registry.url,
      http_proxy: registry.url,
      https_proxy: registry.url,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
    };
    this.write('package.json', JSON.stringify({ name: 'app', private: true }));
    for (const [file, text] of Object.entries(this.manager.settings(registry.url, this.home))) this.write(file, text);
  }

  /**
   * Write a file of the project.
   * @param {string} name
   * @param {string} text
   */
  write(name, text) {
    fs.writeFileSync(path.join(this.app, name), text);
  }

  /** Have the manager add rsnet. */
  async install() {
    const { program, binary, add } = this.manager;
    const options = { cwd: this.app, env: this.env, limit: 120000 };
    if (binary) await succeed([add, 'rsnet'], { ...options, program: path.join(MANAGERS, binary) });
    else await succeed([path.join(MANAGERS, program), add, 'rsnet'], options);
  }

  /**
   * Run a program of the project.
   * @param {...string} args of node; the last is the program
   * @returns {Promise<object>} how it ended, as of `runNode`
   */
  run(...args) {
    const { flags = [], moduleFlags = [] } = this.manager;
    const more = args.at(-1).endsWith('.mjs') ? moduleFlags : [];
    return runNode([...flags, ...more, ...args], { cwd: this.app, env: this.env });
  }

  /** Remove the project. */
  remove() {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

module.exports = { MANAGERS: TABLE, Managed, Published };
