'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { hostId, packageName } = require('../../lib/addon/platform');
const { childEnvironment } = require('../../scripts/lib/environment');
const { PACKAGES } = require('../../tools/packaging/install');
const { runNode, succeed } = require('../package/command');
const { Project } = require('../package/project');

/** Programs that a page runs by `npx`, and where their packages have them. */
const PROGRAMS = {
  esbuild: 'esbuild/bin/esbuild',
  postject: 'postject/dist/cli.js',
  rollup: 'rollup/dist/bin/rollup',
};

/** The platform that pages take for an example. */
const OF_PAGES = 'linux-x64-gnu';

/** What the program under test does with what it has loaded as `net`: one echo, and which engine ran it. */
const ECHO = `
const server = net.createServer((peer) => peer.pipe(peer));
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => socket.end('echo over '));
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (data) => { text += data; });
  socket.on('close', () => {
    console.log(text + net.engine);
    server.close();
  });
});
`;

/** How a program ends that did its echo over rsnet. */
const OVER_RSNET = { code: 0, signal: null, stdout: 'echo over rsnet\n', stderr: '' };

/** A user's project with rsnet installed in it, and a place far from it. */
class Bundling {
  /** Make the project, which has the tools that pages name. */
  async prepare() {
    await succeed([require.resolve('../../tools/packaging/install')], { limit: 300000 });
    this.project = new Project();
    await this.project.pack();
    await this.project.install();
    const { app } = this.project;
    for (const name of fs.readdirSync(PACKAGES).filter((entry) => !entry.startsWith('.'))) {
      fs.symlinkSync(path.join(PACKAGES, name), path.join(app, 'node_modules', name));
    }
    this.project.write('app.js', `const net = require('rsnet');${ECHO}`);
    this.project.write('app.mjs', `import net from 'rsnet';${ECHO}`);
    this.project.write('plain.js', `const net = require('net');${ECHO}`);
  }

  /** Make an empty place for a bundle, and forget the last one. */
  begin() {
    fs.rmSync(path.join(this.project.app, 'out'), { recursive: true, force: true });
    this.away = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-away-'));
  }

  /** Remove the place of the bundle. */
  end() {
    fs.rmSync(this.away, { recursive: true, force: true });
  }

  /** Remove the project. */
  remove() {
    this.project?.remove();
  }

  /**
   * Run a command of a page in the project, with the name of this platform in place of the one that pages have.
   * @param {string[]} words of `npx NAME ARGS...` or of `node ARGS...`
   * @returns {Promise<string>} what it wrote to stdout and stderr
   */
  async run([command, ...asWritten]) {
    const words = asWritten.map((word) => word.replaceAll(OF_PAGES, hostId()));
    const args = command === 'npx' ? [path.join(PACKAGES, PROGRAMS[words[0]]), ...words.slice(1)] : words;
    const { code, signal, stdout, stderr } = await runNode(args, { cwd: this.project.app, limit: 120000 });
    if (code !== 0) throw new Error(`${words.join(' ')}: ${code ?? signal}\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }

  /** Copy the packages to the bundle, as a page says for a bundle without rsnet. */
  shipPackages() {
    for (const name of ['rsnet', packageName(hostId())]) this.ship(`node_modules/${name}`, `out/node_modules/${name}`);
  }

  /** Copy the binary to the bundle, as a page says for a bundle with rsnet. */
  shipBinary() {
    const file = `rsnet.${hostId()}.node`;
    this.ship(`node_modules/${packageName(hostId())}/${file}`, `out/${file}`);
  }

  /**
   * Copy something of the project to another place in it.
   * @param {string} from
   * @param {string} to
   */
  ship(from, to) {
    const { app } = this.project;
    fs.cpSync(path.join(app, from), path.join(app, to), { recursive: true });
  }

  /** Move the bundle away from the project, so that it finds nothing of that. */
  moveAway() {
    fs.cpSync(path.join(this.project.app, 'out'), this.away, { recursive: true });
    fs.rmSync(path.join(this.project.app, 'out'), { recursive: true });
  }

  /**
   * Run node where the bundle was moved to. rsnet without its binary is an error there.
   * @param {string[]} args of node
   * @param {string} [program] what runs in place of node
   * @returns {Promise<object>} how it ended, as of `runNode`
   */
  runAway(args, program) {
    const env = childEnvironment({ RSNET_STRICT: '1', RSNET_BINARY_PATH: undefined });
    return runNode(args, { cwd: this.away, env, program });
  }
}

module.exports = { Bundling, ECHO, OVER_RSNET };
