'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { runtime } = require('../../tools/runtimes/install');
const { runNode, succeed } = require('../package/command');
const { ROOT, Project } = require('../package/project');
const { ECHO } = require('./bundle');

/** What Bun and Deno need of the environment so as to ask nobody for news of themselves, and to write no colours. */
const QUIET = { DENO_NO_UPDATE_CHECK: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' };

/** The line before which Bun and Deno put the id of the process. */
const WARNING = /^.*Warning: (?:.*)$/gm;

/** A user's project with rsnet installed in it by npm, for other runtimes than Node. */
class Running {
  /** Make the project, with the programs of the specs and the examples. */
  async prepare() {
    await succeed([require.resolve('../../tools/runtimes/install')], { limit: 300000 });
    this.project = new Project();
    await this.project.pack();
    await this.project.install();
    const { app } = this.project;
    // Without this field Deno takes a file for a module.
    const manifest = JSON.parse(fs.readFileSync(path.join(app, 'package.json'), 'utf8'));
    this.project.write('package.json', JSON.stringify({ ...manifest, type: 'commonjs' }));
    // Otherwise Bun asks the registry for packages that are missing.
    this.project.write('bunfig.toml', '[install]\nauto = "disable"\n');
    fs.cpSync(path.join(ROOT, 'examples'), path.join(app, 'examples'), { recursive: true });
    fs.copyFileSync(path.join(__dirname, 'outcomes.js'), path.join(app, 'outcomes.js'));
    this.project.write('app.cjs', `const net = require('net');${ECHO}`);
    this.project.write('direct.cjs', `const net = require('rsnet');${ECHO}`);
    this.project.write('direct.mjs', `import net from 'rsnet';${ECHO}`);
    this.project.write('unix.cjs', `const net = require('rsnet');${ECHO
      .replace("listen(0, '127.0.0.1'", "listen('echo.socket'")
      .replace("connect(server.address().port, '127.0.0.1'", "connect('echo.socket'")}`);
    this.project.write('web.cjs', `
      const net = require('node:net');
      const server = require('node:http').createServer((request, response) => response.end('web over ' + net.engine));
      server.listen(0, '127.0.0.1', async () => {
        const response = await fetch('http://127.0.0.1:' + server.address().port);
        console.log(await response.text());
        server.close();
        server.closeAllConnections();
      });`);
  }

  /**
   * Run a runtime in the project.
   * @param {string} id `bun`, `deno`, or `node`
   * @param {string[]} args
   * @param {object} [env] added to the environment
   * @returns {Promise<object>} how it ended, as of `runNode`, with the `warnings` that it wrote
   */
  async run(id, args, env = {}) {
    const { app, folder, env: { PATH } } = this.project;
    const options = { cwd: app, env: { PATH, HOME: folder, TMPDIR: folder, ...QUIET, ...env } };
    if (id !== 'node') options.program = runtime(id).file;
    const { code, signal, stdout, stderr } = await runNode(args, options);
    return { code, signal, stdout, stderr, warnings: (stderr.match(WARNING) ?? []).map(withoutProcess) };
  }

  /** Remove the project. */
  remove() {
    this.project?.remove();
  }
}

/**
 * @param {string} line a warning
 * @returns {string} the same without the id of the process
 */
function withoutProcess(line) {
  return line.replace(/^\(node:\d+\) /, '');
}

module.exports = { Running };
