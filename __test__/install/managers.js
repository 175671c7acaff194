'use strict';

// rsnet as a package manager installs it from a registry: with the binary of this platform, ready to run.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { TARGETS, hostId, libc, packageName } = require('../../lib/addon/platform');
const { MANAGERS } = require('../../tools/managers/install');
const { runtime } = require('../../tools/runtimes/install');
const { runNode, succeed } = require('../package/command');
const { ROOT } = require('../package/project');
const { ECHO, OVER_RSNET } = require('./bundle');
const { Registry } = require('./registry');

/**
 * @param {string} url of the registry
 * @returns {Record<string, string>} files with the settings of npm and pnpm
 */
const npmSettings = (url) => ({ '.npmrc': `registry=${url}/\n` });

/**
 * @param {string} url of the registry
 * @returns {Record<string, string>} files with the settings of a pnpm that installs for Alpine as well
 */
const pnpmSettings = (url) => ({
  ...npmSettings(url),
  'pnpm-workspace.yaml': 'supportedArchitectures:\n  libc: [glibc, musl]\n',
});

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

/** What managers fetch beside the package itself: the packages of these platforms. */
const OWN = { what: 'the binary of this platform', includes: ({ id }) => id === hostId() };
const BOTH_LIBCS = {
  what: 'the binaries for both C libraries',
  includes: ({ platform, arch }) => platform === process.platform && arch === process.arch,
};
const ALL = { what: 'the binaries of all platforms', includes: () => true };

const YARN_4 = path.join(MANAGERS, '@yarnpkg/cli-dist/bin/yarn.js');

const pnpm = () => path.join(MANAGERS, `@pnpm/exe.${process.platform}-${process.arch}/pnpm`);

/** As of `NODE_MANAGERS`. The package that brings pnpm has none for musl. */
const PNPM = {
  pnpm: { binary: pnpm, add: ['add', 'rsnet'], fetches: OWN, settings: npmSettings },
  'pnpm, for both C libraries': {
    binary: pnpm, add: ['add', 'rsnet'], fetches: BOTH_LIBCS, settings: pnpmSettings,
  },
};

/**
 * Each manager: its program for node, or what finds its binary; the arguments that add rsnet; which packages it
 * fetches; files with its settings; flags of node for programs of the project, and for those that are modules.
 */
const NODE_MANAGERS = {
  npm: {
    program: path.join(MANAGERS, 'npm/bin/npm-cli.js'), add: ['install', 'rsnet'], fetches: OWN, settings: npmSettings,
  },
  ...(libc() === 'musl' ? {} : PNPM),
  'Yarn 1': {
    program: path.join(MANAGERS, 'yarn/bin/yarn.js'), add: ['add', 'rsnet'], fetches: ALL, settings: yarn1Settings,
  },
  'Yarn 4': { program: YARN_4, add: ['add', 'rsnet'], fetches: OWN, settings: yarn4Settings('node-modules') },
  'Yarn 4, Plug\'n\'Play': {
    program: YARN_4,
    add: ['add', 'rsnet'],
    fetches: OWN,
    settings: yarn4Settings('pnp'),
    flags: ['--require', './.pnp.cjs'],
    // Node warns of this flag.
    moduleFlags: ['--no-warnings', '--experimental-loader', './.pnp.loader.mjs'],
  },
};

/** The managers of other runtimes. */
const RUNTIME_MANAGERS = {
  Bun: { binary: () => runtime('bun').file, add: ['add', 'rsnet'], fetches: OWN, settings: npmSettings },
  Deno: { binary: () => runtime('deno').file, add: ['add', 'npm:rsnet'], fetches: BOTH_LIBCS, settings: npmSettings },
};

/** Switches that keep the managers from asking for more than packages. */
const QUIET = {
  DENO_NO_UPDATE_CHECK: '1',
  DO_NOT_TRACK: '1',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  pnpm_config_update_notifier: 'false',
};

/** A registry that has rsnet and the packages of all platforms. Those of other platforms have no binary. */
class Published {
  /**
   * Publish the tarballs of a project.
   * @param {import('../package/project').Project} project
   */
  async prepare(project) {
    this.project = project;
    this.registry = new Registry();
    for (const name of project.names) this.registry.publish(path.join(project.tarballs, name));
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

  /** End the registry. */
  async end() {
    await this.registry?.close();
  }
}

/** A user's project, which a manager installs rsnet in. The manager has a home of its own, and so its own caches. */
class Managed {
  /**
   * @param {object} manager an entry of the tables
   * @param {Registry} registry
   */
  constructor(manager, registry) {
    this.manager = manager;
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
    if (binary) await succeed(add, { ...options, program: binary() });
    else await succeed([program, ...add], options);
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

/**
 * Define the tests of managers.
 * @param {Record<string, object>} managers one of the tables
 * @param {Published} published what they install from, prepared before the tests
 */
function describeManagers(managers, published) {
  describe.each(Object.entries(managers))('%s', (_name, manager) => {
    let managed;

    beforeAll(async () => {
      published.registry.forget();
      managed = new Managed(manager, published.registry);
      await managed.install();
      managed.write('app.js', `const net = require('rsnet');${ECHO}`);
      managed.write('app.mjs', `import net from 'rsnet';${ECHO}`);
      managed.write('plain.js', `const net = require('net');${ECHO}`);
    }, 180000);
    afterAll(() => managed?.remove());

    test(`fetches rsnet and ${manager.fetches.what}, and asks for nothing else`, () => {
      const { sent, refused } = published.registry;
      const platforms = TARGETS.filter(manager.fetches.includes).map(({ id }) => packageName(id));
      expect(sent.sort()).toEqual(['rsnet', ...platforms].sort());
      expect(refused).toEqual([]);
    });

    test('a program requires it', async () => {
      expect(await managed.run('app.js')).toEqual(OVER_RSNET);
    });

    test('a program imports it', async () => {
      expect(await managed.run('app.mjs')).toEqual(OVER_RSNET);
    });

    test('a program that knows nothing of it is registered', async () => {
      expect(await managed.run('-r', 'rsnet/register', 'plain.js')).toEqual(OVER_RSNET);
    });
  });
}

module.exports = { NODE_MANAGERS, Published, RUNTIME_MANAGERS, describeManagers };
