'use strict';

// rsnet as a user installs it: from the tarballs, into an empty project, without compiler and install script.

const fs = require('node:fs');
const path = require('node:path');
const { hostId, packageName } = require('../../lib/addon/platform');
const { runNode } = require('./command');
const { ROOT, Project } = require('./project');

const { version } = require('../../package.json');
const platform = packageName(hostId());

/** Body of a program that echoes one line through `Socket`, `createServer` and a server's `Socket`. */
const ECHO = `
const server = createServer((peer) => { peer.pipe(peer); });
server.listen(0, '127.0.0.1', () => {
  const socket = new Socket();
  socket.connect((server.address() as any).port, '127.0.0.1', () => { socket.end('from ' + name); });
  socket.on('data', (data) => { process.stdout.write(data); });
  socket.on('close', () => { server.close(); });
});
`;
const PLAIN_ECHO = ECHO.replace(' as any', '');

let project;

beforeAll(async () => {
  project = new Project();
  await project.pack();
  await project.install();
}, 300000);

afterAll(() => project.remove());

/**
 * Expect of a program that it ran well and wrote this.
 * @param {{code: number | null, stdout: string, stderr: string}} result how it ended
 * @param {string} stdout what it must have written
 */
function expectOutput(result, stdout) {
  expect(result).toEqual({ code: 0, signal: null, stdout, stderr: '' });
}

/**
 * @param {string} text Markdown
 * @returns {string[]} where its links lead, and where its images are
 */
function linksOf(text) {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
}

describe('the tarballs', () => {
  test('are those of the package and of this platform', () => {
    expect(project.names).toEqual([`rsnet-${version}.tgz`, `${platform}-${version}.tgz`].sort());
  });

  test('hold a package without binary, scripts or dependencies but those of the platforms', () => {
    const folder = path.join(project.app, 'node_modules', 'rsnet');
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('devDependencies');
    const platforms = fs.readdirSync(path.join(ROOT, 'npm')).map(packageName).sort();
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(platforms);
    expect(new Set(Object.values(manifest.optionalDependencies))).toEqual(new Set([version]));
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.node'))).toEqual([]);
  });

  test('have each module in one of three files, for a faster start', () => {
    const folder = path.join(project.app, 'node_modules', 'rsnet');
    const modules = fs.readdirSync(path.join(ROOT, 'lib'), { recursive: true }).filter((name) => name.endsWith('.js'));
    const [text, early, register] = ['lib/all/rsnet.js', 'lib/all/early.js', 'register.js']
      .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
    const has = (file, name) => file.includes(`\n'lib/${name}': function(module, exports) {\n`);
    const places = (name) => [text, early, register].filter((file) => has(file, name)).length;
    // Its functions outlive their copy of rsnet, and must not refer to what the others refer to.
    const apart = ['node/weak.js'];
    expect(modules.filter((name) => places(name) !== 1)).toEqual(apart);
    const files = fs.readdirSync(path.join(folder, 'lib'), { recursive: true }).filter((name) => name.includes('.'));
    const bundles = ['all/early.js', 'all/rsnet.js'].flatMap((name) => [name, `${name}.map`]);
    expect(files.sort()).toEqual(['addon/platform.js', ...bundles, 'interop/undici.js', ...apart]);
    // V8 keeps the text in its heap.
    expect(text + early + register).not.toMatch(/\/\*\*|@param/);
  });

  test('have a source map with the modules as they were written', async () => {
    const folder = path.join(project.app, 'node_modules', 'rsnet', 'lib');
    const { sources, sourcesContent } = JSON.parse(fs.readFileSync(path.join(folder, 'all', 'rsnet.js.map'), 'utf8'));
    const validators = path.join('node', 'validators.js');
    expect(sourcesContent[sources.indexOf('../node/validators.js')])
      .toBe(fs.readFileSync(path.join(ROOT, 'lib', validators), 'utf8'));
    const program = "try { require('rsnet').connect(99999); } catch (error) { console.log(error.stack); }";
    const { stdout } = await runNode(['--enable-source-maps', '-e', program], { cwd: project.app });
    expect(stdout).toContain(`${path.join(folder, validators)}:`);
  });

  test('show a short line of theirs where an error is thrown', async () => {
    const { stderr } = await runNode(['-e', "require('rsnet').connect(99999)"], { cwd: project.app });
    const [place, line] = stderr.split('\n');
    expect(place).toMatch(/rsnet\.js:\d+$/);
    expect(line).toContain('throw');
    expect(line.length).toBeLessThan(1000);
  });

  // An 'error' event that comes alone on the tokio backend is shown as Node's own are.
  test.each([
    ['uv', 'errors that come at once', 'for (const peer of peers) peer.resetAndDestroy();', 'Error: read ECONNRESET'],
    ['uv', 'what is no error', "peers[0].write('x');", 'null'],
    ['tokio', 'what is no error', "peers[0].write('x');", 'null'],
  ])('show one where nobody handles an exception, %s, %s', async (backend, _what, act, shown) => {
    project.write('unheard.cjs', `
      const builtin = process.getBuiltinModule('net');
      const accepted = [];
      const server = require('rsnet').createServer((socket) => accepted.push(socket.on('data', () => { throw null; })));
      server.listen(0, '127.0.0.1', async () => {
        const { port } = server.address();
        const peers = Array.from({ length: 4 }, () => builtin.connect(port, '127.0.0.1'));
        while (accepted.length < peers.length || peers.some((peer) => peer.connecting)) await new Promise(setImmediate);
        ${act}
      });`);
    const env = { ...project.env, RSNET_BACKEND: backend };
    const { code, stderr } = await runNode(['unheard.cjs'], { cwd: project.app, env });
    expect(code).toBe(1);
    const [place, line, mark] = stderr.trimStart().split('\n');
    expect(place).toMatch(/rsnet\.js:\d+$/);
    expect(line).toBe('bridge,error);else bridge.reportUncaught(error)}module.exports={triggerUncaughtException};');
    expect(mark).toMatch(/^ +\^$/);
    expect(stderr).toContain(shown);
  });

  test('hold every file that the manifest names', () => {
    const folder = path.join(project.app, 'node_modules', 'rsnet');
    const { main, types, exports } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const named = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(named));
    for (const file of [main, types, ...named(exports), 'README.md', 'CHANGELOG.md', 'LICENSE']) {
      expect({ file, there: fs.existsSync(path.join(folder, file)) }).toEqual({ file, there: true });
    }
  });

  test.each([['the package', 'rsnet'], ['the platform\'s package', platform]])(
    'tell a registry where %s comes from, and to publish it with provenance', (_which, name) => {
      const file = path.join(project.app, 'node_modules', name, 'package.json');
      const { private: closed, ...published } = JSON.parse(fs.readFileSync(file, 'utf8'));
      expect(closed).toBeUndefined();
      expect(published).toMatchObject({
        author: expect.any(String),
        bugs: { url: expect.stringMatching(/^https:/) },
        homepage: expect.stringMatching(/^https:/),
        license: 'MIT',
        publishConfig: { access: 'public', provenance: true },
        repository: { type: 'git', url: expect.stringMatching(/^git\+https:.*\.git$/) },
        version,
      });
    });

  test('hold a README whose links and images lead somewhere on any page', () => {
    const text = fs.readFileSync(path.join(project.app, 'node_modules', 'rsnet', 'README.md'), 'utf8');
    const links = linksOf(text);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !/^(https:|#)/.test(link))).toEqual([]);
  });
});

test('the README of the repository links to files that are there', () => {
  const links = linksOf(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).filter((link) => !/^(https:|#)/.test(link));
  expect(links.length).toBeGreaterThan(5);
  // GitHub's own pages, such as the issues, lie above the repository's files.
  const files = links.filter((link) => !link.startsWith('../../')).map((link) => link.replace(/#.*/, ''));
  expect(files.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
});

test('the repository\'s own folder, which lacks the platforms\' packages, is not published by mistake', () => {
  const { scripts } = require('../../package.json');
  expect(scripts.prepublishOnly).toMatch(/exit 1$/);
});

describe('installed, it works', () => {
  test('from CommonJS, with the binary of the platform package', async () => {
    project.write('app.cjs', `
      const { Socket, createServer } = require('rsnet');
      const name = 'CommonJS';
      const loaded = Object.keys(require.cache).filter((file) => file.endsWith('.node'));
      if (loaded.length !== 1 || !loaded[0].includes('${platform}')) throw new Error(loaded.join());
      ${PLAIN_ECHO}`);
    expectOutput(await project.node('app.cjs'), 'from CommonJS');
  });

  test('from ES modules, by name and as the default', async () => {
    project.write('app.mjs', `
      import net, { Socket, createServer } from 'rsnet';
      if (net.Socket !== Socket) throw new Error('two Sockets');
      const name = 'ES modules';
      ${PLAIN_ECHO}`);
    expectOutput(await project.node('app.mjs'), 'from ES modules');
  });

  test.each([['the newest', '@types/node'], ['the oldest', 'types-node-20']])(
    'from TypeScript, with %s types of Node', async (_age, types) => {
      const check = "const whole: typeof import('node:net') = net; if (whole.Socket !== Socket) throw whole;";
      const newer = 'new Socket().setTypeOfService(8).setKeepAlive({ enable: true }).destroy();';
      const body = `const name = 'TypeScript'; ${newer} ${ECHO}`;
      const byName = "import net, { Socket, createServer } from 'rsnet';";
      const required = "import net = require('rsnet'); const { Socket, createServer } = net;";
      project.write('app.mts', `${byName} ${check} ${body}`);
      project.write('app.cts', `${required} ${check} ${body}`);
      expectOutput(await project.compile(types, ['app.mts', 'app.cts']), '');
      expectOutput(await project.node('out/app.mjs'), 'from TypeScript');
      expectOutput(await project.node('out/app.cjs'), 'from TypeScript');
    }, 120000);

  test('loaded several times, it is collected with the last use', async () => {
    project.write('copies.cjs', `
      const use = () => {
        const loaded = new WeakRef(require('rsnet').Socket);
        for (const name of Object.keys(require.cache)) delete require.cache[name];
        module.children = [];
        return loaded;
      };
      const copies = [use(), use(), use()];
      (async () => {
        while (copies.some((copy) => copy.deref())) {
          await new Promise((resolve) => setImmediate(resolve));
          global.gc();
        }
        console.log('collected');
      })();`);
    expectOutput(await project.node('--expose-gc', 'copies.cjs'), 'collected\n');
  }, 90000);

  test.each([
    ['-r rsnet/register', ['-r', 'rsnet/register']],
    ['--import rsnet/register', ['--import', 'rsnet/register']],
    ['-r with the path in the package\'s folder', ['-r', 'PACKAGE/register']],
    ['--import with it', ['--import', 'PACKAGE/register.js']],
  ])('in NODE_OPTIONS, %s', async (_form, flags) => {
    const folder = path.join(project.app, 'node_modules', 'rsnet');
    const NODE_OPTIONS = flags.join(' ').replace('PACKAGE', folder);
    const options = { cwd: flags[1].startsWith('rsnet') ? project.app : project.folder };
    const env = { ...project.env, NODE_OPTIONS };
    expectOutput(await runNode(['-p', 'require("net").engine'], { ...options, env }), 'rsnet\n');
  });

  test.each([['-r'], ['--import']])('by %s, rsnet and its addon are loaded once net is used', async (option) => {
    project.write('late.cjs', `
      const fs = require('fs');
      const files = () => [
        ...Object.keys(require.cache).filter((file) => /node_modules.(rsnet)/.test(file)),
        ...process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node')),
      ].map((file) => require('path').basename(file)).sort();
      const before = files();
      fs.writeSync(1, JSON.stringify([before, require('net').engine, files().length > before.length]));
    `);
    const { stdout, stderr } = await project.node(option, 'rsnet/register', 'late.cjs');
    expect({ found: JSON.parse(stdout), stderr })
      .toEqual({ found: [['early.js', 'register.js'], 'rsnet', true], stderr: '' });
  });

  test('as the example of the README', async () => {
    const [, example] = /```js\n([^]*?)```/.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
    project.write('readme.cjs', example);
    expectOutput(await project.node('readme.cjs'), 'hello over rsnet\n');
  });
});

describe('without a binary', () => {
  let installed;
  let hidden;

  beforeAll(() => {
    installed = path.join(project.app, 'node_modules', platform);
    hidden = path.join(project.folder, 'hidden');
    fs.renameSync(installed, hidden);
  });

  afterAll(() => fs.renameSync(hidden, installed));

  /**
   * A statement that makes node believe that it runs elsewhere.
   * @param {string} name of the platform
   * @returns {string} JavaScript
   */
  function disguise(name) {
    return `Object.defineProperty(process, 'platform', { value: '${name}' });`;
  }

  /**
   * Load rsnet where process looks different and a binary is a must, and report the error.
   * @param {string} before statement that changes `process`
   * @returns {Promise<{code: string, message: string}>} of the error
   */
  async function failure(before) {
    const { stdout } = await project.node('-e', `${before}
      process.env.RSNET_STRICT = '1';
      try { require('rsnet'); } catch (e) { console.log(JSON.stringify({ code: e.code, message: e.message })); }`);
    return JSON.parse(stdout);
  }

  test('the error names the missing package and the command that builds it', async () => {
    const { code, message } = await failure('');
    expect(code).toBe('ERR_RSNET_NO_BINARY');
    expect(message).toContain(`npm install ${platform}@${version}`);
    expect(message).toContain(`node ${path.join(project.app, 'node_modules/rsnet/scripts/build.js')}`);
  });

  test('the command is there, and says when there is no Rust toolchain', async () => {
    const { code, stderr } = await project.node('node_modules/rsnet/scripts/build.js');
    expect(code).toBe(1);
    expect(stderr).toContain('cargo was not found: install a Rust toolchain');
  });

  test('a platform without a package is named', async () => {
    const { code, message } = await failure(disguise('freebsd'));
    expect(code).toBe('ERR_RSNET_NO_BINARY');
    expect(message).toContain(`No package rsnet-freebsd-${process.arch} is published`);
  });

  test('on Windows nobody is sent to build it', async () => {
    const { code, message } = await failure(disguise('win32'));
    expect(code).toBe('ERR_RSNET_NO_BINARY');
    expect(message).toContain(`No package rsnet-win32-${process.arch} is published`);
    expect(message).not.toContain('build.js');
  });

  test('a program runs on the host\'s own net, and warns once', async () => {
    project.write('app.cjs', `
      const { createServer, engine, Socket } = require('rsnet');
      require('rsnet/register');
      const name = engine;
      ${PLAIN_ECHO}`);
    const { code, stdout, stderr } = await project.node('app.cjs');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'from node' });
    expect(stderr.match(/RSNET_NO_BINARY/g)).toHaveLength(1);
    expect(stderr).toContain(`npm install ${platform}@${version}`);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('musl is told from glibc', async () => {
    const { message } = await failure('process.report.getReport = () => ({ header: {} });');
    expect(message).toContain(`npm install rsnet-linux-${process.arch}-musl@${version}`);
  });

  test('a binary that does not load is reported with the reason', async () => {
    fs.cpSync(hidden, installed, { recursive: true });
    try {
      fs.writeFileSync(path.join(installed, `rsnet.${hostId()}.node`), 'no library');
      const { code, message } = await failure('');
      expect(code).toBe('ERR_RSNET_NO_BINARY');
      expect(message).toMatch(/\n- .*(invalid ELF header|file too short|Exec format error|slice is not valid|not a mach-o)/);
    } finally {
      fs.rmSync(installed, { recursive: true });
    }
  });
});
