'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runNode, succeed } = require('./command');

const ROOT = path.join(__dirname, '..', '..');

/**
 * Where npm's program is.
 * @returns {string} path of a JavaScript file
 */
function npmProgram() {
  const running = process.env.npm_execpath;
  if (running && /npm-cli\.c?js$/.test(running)) return running;
  return fs.realpathSync(execFileSync('/bin/sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
}

/** A user's project in a temporary folder, in which npm has no registry and the PATH has nothing but node. */
class Project {
  /** Make the folder, with an empty project in it. */
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-project-'));
    this.app = path.join(this.folder, 'app');
    this.tarballs = path.join(this.folder, 'tarballs');
    const bin = path.join(this.folder, 'bin');
    for (const folder of [this.app, bin]) fs.mkdirSync(folder);
    fs.symlinkSync(process.execPath, path.join(bin, 'node'));
    this.env = { PATH: bin, HOME: this.folder, npm_config_cache: path.join(this.folder, 'cache') };
    this.write('package.json', JSON.stringify({ name: 'app', private: true }));
  }

  /** Make the tarballs of this repository, as `npm run pack` does. */
  async pack() {
    await succeed([path.join(ROOT, 'scripts', 'pack.js'), '--out', this.tarballs], { limit: 240000 });
    this.names = fs.readdirSync(this.tarballs).sort();
  }

  /** Install the tarballs, with neither a registry nor a compiler nor an install script. */
  async install() {
    const files = this.names.map((name) => path.join(this.tarballs, name));
    const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
    await succeed([npmProgram(), 'install', ...options, ...files], { cwd: this.app, env: this.env });
  }

  /**
   * Write a file of the project.
   * @param {string} name path in the project
   * @param {string} text its content
   */
  write(name, text) {
    fs.writeFileSync(path.join(this.app, name), text);
  }

  /**
   * Run node in the project.
   * @param {...string} args its arguments
   * @returns {Promise<{code: number | null, stdout: string, stderr: string}>} how it ended
   */
  node(...args) {
    return runNode(args, { cwd: this.app, env: this.env });
  }

  /**
   * Check and compile the project's TypeScript files.
   * @param {string} types package of the repository that serves as the project's @types/node
   * @param {string[]} files what to compile
   * @returns {Promise<{code: number | null, stdout: string, stderr: string}>} how the compiler ended
   */
  compile(types, files) {
    const link = path.join(this.app, 'node_modules', '@types', 'node');
    fs.rmSync(link, { force: true });
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(ROOT, 'node_modules', types), link);
    this.write('tsconfig.json', JSON.stringify({
      compilerOptions: {
        target: 'es2022', module: 'nodenext', types: ['node'], strict: true, outDir: 'out',
      },
      files,
    }));
    const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    return runNode([compiler, '--project', this.app], { cwd: this.app });
  }

  /** Remove the folder. */
  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { ROOT, Project };
