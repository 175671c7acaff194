'use strict';

// Makes the tarballs that are published. The platform packages are dependencies of the packed rsnet only. In the
// repository's own package.json they would make npm ask the registry for a version that is not published yet.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { TARGETS, binaryName, packageName } = require('../../lib/addon/platform');
const { ROOT } = require('./addon');
const { withAbsoluteLinks } = require('./links');
const { oneFile } = require('./one-file');
const { Failure, run, npmCommand } = require('./run');

/**
 * Read a package.json.
 * @param {string} folder where it is
 * @returns {object} its content
 */
function manifest(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/**
 * Write a package.json.
 * @param {string} folder where it goes
 * @param {object} content of the manifest
 */
function writeManifest(folder, content) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}

/** The file that has nearly all modules. It lies as deep as lib/addon, whose modules look for the addon above. */
const ALL = 'lib/all/rsnet.js';

/** What both of them and `rsnet/register` need, in a small file: most processes that register load no more. */
const EARLY = 'lib/all/early.js';

/** The modules of that file. They need no others. */
const EARLY_MODULES = [
  'lib/addon/binary-places.js', 'lib/addon/platform.js', 'lib/node/captured.js', 'lib/node/load-trap.js',
  'lib/node/switches.js',
];

/** The file that registers, and its one module. */
const REGISTER = 'register.js';
const REGISTER_MODULE = 'lib/interop/register.js';

/** Files of the package that users load, and the module that each stands for. */
const ENTRIES = {
  'index.js': 'index.js',
  'lib/interop/undici.js': 'lib/interop/undici.js',
};

/** What the file that registers loads later. */
const LATE_ENTRY = 'lib/interop/activate.js';

/**
 * Modules whose functions outlive their copy of rsnet, as Node's objects keep them. In a file with others they would
 * keep all modules of it: a function keeps what the code around it refers to.
 */
const APART = ['lib/node/weak.js'];

/** Modules with a file of their own, also for the scripts of the package. */
const SEPARATE = ['lib/addon/platform.js', ...APART];

/**
 * Put all modules of a package into one file, for a faster start.
 * @param {string} stage folder with the package
 */
function joinModules(stage) {
  const early = (module) => (EARLY_MODULES.includes(module) ? EARLY : undefined);
  const files = {
    [ALL]: oneFile(ROOT, [...Object.values(ENTRIES), LATE_ENTRY], ALL, { elsewhere: early, apart: APART }),
    [EARLY]: oneFile(ROOT, EARLY_MODULES, EARLY),
    [REGISTER]: oneFile(ROOT, [REGISTER_MODULE], REGISTER, {
      elsewhere: (module) => early(module) ?? ALL, run: REGISTER_MODULE,
    }),
  };
  fs.rmSync(path.join(stage, 'lib'), { recursive: true });
  const write = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(stage, name)), { recursive: true });
    fs.writeFileSync(path.join(stage, name), text);
  };
  for (const [name, { code, map }] of Object.entries(files)) {
    write(name, code);
    write(`${name}.map`, map);
  }
  for (const [name, module] of Object.entries(ENTRIES)) {
    const from = path.posix.relative(path.posix.dirname(name), ALL).replace(/^(?!\.)/, './');
    write(name, `'use strict';\n\nmodule.exports = require('${from}')('${module}');\n`);
  }
  for (const name of SEPARATE) write(name, fs.readFileSync(path.join(ROOT, name), 'utf8'));
}

/**
 * Copy what `files` names into a folder, with the manifest that users get.
 * @param {string} stage an empty folder
 * @param {string} version of every package
 */
function stagePackage(stage, version) {
  // The script prepublishOnly keeps the repository itself, which lacks the platform packages, from being published.
  const { scripts: _scripts, devDependencies: _development, ...published } = manifest(ROOT);
  published.optionalDependencies = Object.fromEntries(TARGETS.map(({ id }) => [packageName(id), version]));
  for (const name of [...published.files, 'README.md', 'LICENSE']) {
    const from = path.join(ROOT, name);
    if (!fs.existsSync(from)) throw new Failure(`${name} is named in package.json's files, and is not there`);
    fs.cpSync(from, path.join(stage, name), { recursive: true });
  }
  joinModules(stage);
  published.files.push(`${REGISTER}.map`);
  writeManifest(stage, published);
  const readme = path.join(stage, 'README.md');
  fs.writeFileSync(readme, withAbsoluteLinks(fs.readFileSync(readme, 'utf8'), published.repository.url));
}

/**
 * Copy a platform's package and its binary into a folder.
 * @param {string} stage an empty folder
 * @param {string} id short name of the platform
 * @param {string} binary path of the addon
 * @param {string} version that the package must have
 */
function stagePlatform(stage, id, binary, version) {
  const from = path.join(ROOT, 'npm', id);
  if (!fs.existsSync(from)) throw new Failure(`there is no package for ${id} under npm/`);
  if (manifest(from).version !== version) throw new Failure(`npm/${id} is not at version ${version}`);
  fs.cpSync(from, stage, { recursive: true });
  fs.copyFileSync(binary, path.join(stage, binaryName(id)));
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(stage, 'LICENSE'));
  // What is the same for every package stands in rsnet's own manifest.
  const { author, repository, homepage, bugs, publishConfig } = manifest(ROOT);
  writeManifest(stage, { ...manifest(stage), author, repository, homepage, bugs, publishConfig });
}

/**
 * Make a tarball of a folder.
 * @param {string} stage the folder
 * @param {string} out where the tarball goes
 * @returns {string} its path
 */
function packFolder(stage, out) {
  const [command, args] = npmCommand(['pack', '--ignore-scripts', '--silent', '--pack-destination', out]);
  const output = run(command, args, { cwd: stage, stdio: ['ignore', 'pipe', 'inherit'], name: 'npm pack' });
  const name = output.trim().split('\n').pop();
  const file = path.join(out, name);
  const kilobytes = Math.ceil(fs.statSync(file).size / 1024);
  console.error(`rsnet: ${path.relative(process.cwd(), file)} (${kilobytes} KB)`);
  return file;
}

/**
 * Make the tarballs of the package and of platforms' packages.
 * @param {string} out where they go
 * @param {{id: string, file: string}[]} binaries short names of the platforms, and paths of their addons
 * @returns {string[]} their paths
 */
function pack(out, binaries) {
  const { version } = manifest(ROOT);
  fs.mkdirSync(out, { recursive: true });
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-pack-'));
  try {
    const library = path.join(stage, 'rsnet');
    fs.mkdirSync(library);
    stagePackage(library, version);
    const tarballs = [packFolder(library, out)];
    for (const { id, file } of binaries) {
      const platform = path.join(stage, id);
      stagePlatform(platform, id, file, version);
      tarballs.push(packFolder(platform, out));
    }
    return tarballs;
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

module.exports = { pack };
