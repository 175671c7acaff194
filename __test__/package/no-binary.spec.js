'use strict';

/* global net -- given to the code of a child */

// Where no binary of rsnet loads: the host's own net stands in, and one warning says so.

const fs = require('fs');
const path = require('path');
const { describeRsnet, nodeMajor, root, spawnNode, tempPath } = require('../helpers');
const { binaryName, hostId, packageName } = require('../../lib/addon/platform');
const { ALLOW_NET } = require('../helpers/permission');

const HOST = hostId();

/** The permission model without the permission to load addons. */
const PERMISSION = [
  nodeMajor >= 22 ? '--permission' : '--experimental-permission', '--allow-fs-read=*', ...ALLOW_NET,
];

/** What the package has in an installation without the package of the platform. */
const FILES = ['index.js', 'index.mjs', 'register.js', 'package.json', 'lib', 'scripts'];

/** A folder with the package in its `node_modules`. */
let folder;
let bare;

beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(path.dirname(path.dirname(tempPath())), 'rsnet-bare-')));
  bare = path.join(folder, 'node_modules', 'rsnet');
  for (const name of FILES) fs.cpSync(path.join(root, name), path.join(bare, name), { recursive: true });
  write('broken.node', 'no library');
  write('other.node', 'module.exports = {};');
  write('win32.js', "Object.defineProperty(process, 'platform', { value: 'win32' });");
  write('freebsd.js', "Object.defineProperty(process, 'platform', { value: 'freebsd' });");
  write('riscv64.js', "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
  const host = (id) => `const versions = { ...process.versions, ${id}: '9.9.9' };
    Object.defineProperty(process, 'versions', { value: versions });`;
  write('bun.js', `${host('bun')} const { prototype } = require('net').Socket;
    for (const output of [process.stdout, process.stderr]) output._writeGeneric = prototype._writeGeneric;
    delete prototype._writeGeneric;`);
  write('deno.js', host('deno'));
  write('musl.js', 'process.report.getReport = () => ({ header: {} });');
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

/**
 * @param {string} name of a file in the folder
 * @param {string} text its content
 * @returns {string} its path
 */
function write(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

/**
 * @param {string} name of a preload in the folder
 * @returns {string[]} flags for node
 */
function preload(name) {
  return ['-r', path.join(folder, name)];
}

/**
 * @param {string} id of a platform without a package
 * @returns {string} what the warning says then
 */
const unpublished = (id) => `No package rsnet-${id} is published`;

/** Each way to be without a binary: the package, flags, a path to the binary, and what the warning says. */
const WAYS = [
  ['the platform\'s package left out', { says: [`npm install ${packageName(HOST)}@`, 'scripts/build.js'] }],
  ['--no-addons', { from: root, flags: ['--no-addons'], says: ['--no-addons'] }],
  ['the permission model', { from: root, flags: PERMISSION, says: ['--allow-addons'] }],
  ['a path to nothing', { from: root, file: 'no.node', says: ['RSNET_BINARY_PATH', 'no.node does not exist'] }],
  ['a path to a broken file', { from: root, file: 'broken.node', says: ['RSNET_BINARY_PATH', 'broken.node'] }],
  ['Windows', { flags: 'win32.js', says: [unpublished(`win32-${process.arch}`), 'cannot be built'] }],
  ['FreeBSD', { flags: 'freebsd.js', says: [unpublished(`freebsd-${process.arch}`), 'scripts/build.js'] }],
  ['another processor', { flags: 'riscv64.js', says: ['riscv64', 'is published', 'scripts/build.js'] }],
  ...(process.platform === 'linux' ?
      [['another C library', {
        flags: 'musl.js', says: [`npm install ${packageName(hostId('musl'))}@`, 'scripts/build.js'],
      }]] :
      []),
];

/**
 * Run a program that finds the path of the package as `rsnet`, without a binary.
 *
 * @param {object} way an entry of WAYS
 * @param {string|Function} code as for `spawnNode`; the function gets the path
 * @param {{flags: string[], env: object, args: string[]}} [more]
 * @returns {Promise<object>} as `spawnNode`
 */
function run({ from = bare, flags = [], file }, code, more = {}) {
  const body = typeof code === 'function' ? `(${code})(process.argv[1]);` : code;
  return spawnNode('net', body, {
    args: [from, ...(more.args ?? [])],
    flags: [...(Array.isArray(flags) ? flags : preload(flags)), ...(more.flags ?? [])],
    env: {
      RSNET_STRICT: undefined, ...(file && { RSNET_BINARY_PATH: path.resolve(folder, file) }), ...more.env,
    },
  });
}

/** The first line of what Node prints of the warning. */
const WARNING = /\[RSNET_NO_BINARY\] Warning: .*The host's own net is used instead\.$/gm;

/**
 * @param {string} stderr
 * @returns {number} how many warnings it has
 */
function warnings(stderr) {
  return (stderr.match(WARNING) ?? []).length;
}

describeRsnet('without a binary', () => {
  describe.each(WAYS)('%s', (_name, way) => {
    test('rsnet works on the host\'s net, and warns once', async () => {
      const { stdout, stderr, code } = await run(way, (from) => {
        const net = require('net');
        const rsnet = require(from);
        const server = rsnet.createServer((peer) => peer.end('hello')).listen(0, '127.0.0.1', () => {
          const client = rsnet.connect(server.address().port, '127.0.0.1').setEncoding('utf8');
          client.on('data', (text) => console.log(text, rsnet.engine, client instanceof net.Socket));
          client.on('close', () => server.close());
        });
      });
      expect({ stdout, code }).toEqual({ stdout: 'hello node true\n', code: 0 });
      expect(warnings(stderr)).toBe(1);
      for (const text of way.says) expect(stderr).toContain(text);
    });

    test('rsnet/register leaves net, and warns once', async () => {
      const { stdout, stderr, code } = await run(way, (from) => {
        const net = require('net');
        const before = Object.getOwnPropertyDescriptors(net);
        require(`${from}/lib/interop/register.js`);
        require(`${from}/lib/interop/register.js`);
        const { engine, ...after } = Object.getOwnPropertyDescriptors(net);
        const same = Object.keys(before).every((key) => before[key].value === after[key].value) &&
          Object.keys(before).length === Object.keys(after).length;
        console.log(same, net.engine, engine.enumerable, require(from).Socket === net.Socket);
      });
      expect({ stdout, code }).toEqual({ stdout: 'true node false false\n', code: 0 });
      expect(warnings(stderr)).toBe(1);
    });

    test('RSNET_STRICT=1 makes an error of it', async () => {
      const { stdout, stderr } = await run(way, (from) => {
        for (const entry of ['', '/lib/interop/register.js', '/lib/interop/undici.js']) {
          try {
            require(from + entry);
          } catch ({ code, message }) {
            console.log(code, message);
          }
        }
      }, { env: { RSNET_STRICT: '1' } });
      expect(stderr).not.toContain('RSNET');
      expect(stdout.match(/^ERR_RSNET_NO_BINARY /gm)).toHaveLength(3);
      for (const text of way.says) expect(stdout).toContain(text);
    });
  });

  test('with --no-addons of a binary that is there, the warning does not speak of installing', async () => {
    const { stderr } = await run(WAYS[1][1], (from) => require(from));
    expect(stderr).not.toContain('npm install');
    expect(fs.existsSync(path.join(root, binaryName(HOST)))).toBe(true);
  });

  test('an addon that is not rsnet\'s is none', async () => {
    const flags = ['-r', write('other.js', "require.extensions['.node'] = require.extensions['.js'];")];
    const { stdout, stderr } = await run({ flags, file: 'other.node' }, (from) => console.log(require(from).engine));
    expect(stdout).toBe('node\n');
    expect(stderr).toContain('is not the addon of rsnet');
  });

  test('switches that are off are as if not set', async () => {
    for (const RSNET_STRICT of ['', '0', 'false', 'No', 'OFF']) {
      const { stdout } = await run({}, (from) => console.log(require(from).engine), { env: { RSNET_STRICT } });
      expect([RSNET_STRICT, stdout]).toEqual([RSNET_STRICT, 'node\n']);
    }
  });

  test('-r and --import: before the program, in threads and in child processes', async () => {
    const worker = write('worker.js', "require('worker_threads').parentPort.postMessage(require('net').engine);");
    for (const flag of ['-r', '--import']) {
      const { stdout, stderr, code } = await run({}, async () => {
        const net = require('net');
        const { Worker } = require('worker_threads');
        const told = [net.engine, (await import('net')).default.engine];
        for (let i = 0; i < 2; i++) {
          const started = new Worker(process.argv[2]);
          told.push(await new Promise((resolve) => { started.once('message', resolve); }));
        }
        const { status, stderr: text } = require('child_process').spawnSync(process.execPath,
          [...process.execArgv.slice(0, 2), '-p', 'require("net").engine'], { encoding: 'utf8' });
        console.log(told.join(), status, text.match(/RSNET_NO_BINARY/g)?.length);
      }, { flags: [flag, path.join(bare, 'register.js')], args: [worker] });
      expect({ flag, stdout, code }).toEqual({ flag, stdout: 'node,node,node,node 0 1\n', code: 0 });
      expect(warnings(stderr)).toBe(1);
    }
  });

  test('ES modules have every export by name, and warn no second time', async () => {
    const file = write('names.mjs', `
      import * as all from 'rsnet';
      import 'rsnet/register';
      import { connector } from 'rsnet/undici';
      import { createRequire } from 'module';
      const required = createRequire(import.meta.url)('rsnet');
      const missing = Object.getOwnPropertyNames(required).filter((name) => all[name] !== required[name]);
      console.log(JSON.stringify(missing), all.engine, all.default === required, typeof connector);
    `);
    const { stdout, stderr } = await run({}, `import(${JSON.stringify(file)})`);
    expect(stdout).toBe('[] node true function\n');
    expect(warnings(stderr)).toBe(1);
  });

  test('a program hears of the warning, and can silence it', async () => {
    const { stdout, stderr } = await run({}, (from) => {
      process.on('warning', ({ name, code, message }) => console.log(name, code, message.split(' ')[0]));
      require(from);
    }, { flags: ['--no-warnings'] });
    expect({ stdout, stderr }).toEqual({ stdout: 'Warning RSNET_NO_BINARY rsnet\n', stderr: '' });
  });

  test('RSNET_DEBUG and NODE_DEBUG=rsnet say it', async () => {
    const { stderr } = await run({}, '', {
      flags: ['-r', path.join(bare, 'register.js')], env: { RSNET_DEBUG: '1', NODE_DEBUG: 'rsnet' },
    });
    expect(stderr).toMatch(/^rsnet \S+: cannot run, the host's own net$/m);
    expect(stderr).toMatch(/^RSNET \d+: no engine: rsnet has no binary/m);
  });

  test('RSNET_DISABLE=1 warns nothing', async () => {
    const { stderr } = await run({}, '', {
      flags: ['-r', path.join(bare, 'register.js')], env: { RSNET_DISABLE: '1' },
    });
    expect(stderr).toBe('');
  });

  test('rsnet/undici connects by the host\'s net', async () => {
    const { stdout } = await run({}, (from) => {
      const { connector } = require(`${from}/lib/interop/undici.js`);
      const net = require('net');
      const server = net.createServer((peer) => peer.end()).listen(0, '127.0.0.1', () => {
        const target = { protocol: 'http:', hostname: '127.0.0.1', port: String(server.address().port) };
        connector()(target, (error, socket) => {
          console.log(error, socket instanceof net.Socket);
          socket.destroy();
          server.close();
        });
      });
    });
    expect(stdout).toBe('null true\n');
  });
});

describeRsnet('on another host than Node', () => {
  const file = path.join(root, binaryName(HOST));
  const bun = '[RSNET_HOST] Warning: rsnet\'s engine does not run on Bun 9.9.9. The host\'s own net is used instead.';
  const deno = '[RSNET_HOST] Warning: rsnet/register cannot put the modules of Deno 9.9.9 on rsnet; ' +
    'require(\'rsnet\') works. The host\'s own net is used instead.';

  /** Says which engine runs, and what `net` is after registering. */
  const tell = (from) => {
    const net = require('net');
    const before = { ...net };
    const required = require(from).engine;
    require(`${from}/register.js`);
    console.log(required, net.engine, Object.keys(before).every((name) => before[name] === net[name]));
  };

  test.each([
    ['whose sockets cannot go with rsnet\'s, all stays its own', 'bun.js', 'node node true\n', bun],
    ['whose modules cannot, rsnet runs, and net stays its own', 'deno.js', 'rsnet node true\n', deno],
  ])('%s, and one line says so', async (_name, flags, told, line) => {
    const { stdout, stderr, code } = await run({ flags, file }, tell);
    expect({ stdout, code }).toEqual({ stdout: told, code: 0 });
    expect(stderr.split('\n').filter((text) => text.includes('rsnet'))).toEqual([expect.stringContaining(line)]);
    const strict = await run({ flags, file }, tell, { env: { RSNET_STRICT: '1' } });
    expect(strict.stderr).toContain("code: 'ERR_RSNET_HOST'");
  });
});

describeRsnet('with the binary', (rsnet) => {
  test('the engine is rsnet, not among the exports that are listed', async () => {
    expect(Object.getOwnPropertyDescriptor(rsnet, 'engine')).toEqual({
      value: 'rsnet', writable: false, enumerable: false, configurable: true,
    });
    const { stdout, stderr } = await spawnNode('net', () => {
      console.log(net.engine, Object.keys(net).includes('engine'));
    }, { flags: ['-r', path.join(root, 'register.js')] });
    expect({ stdout, stderr }).toEqual({ stdout: 'rsnet false\n', stderr: '' });
    const source = `import(${JSON.stringify(path.join(root, 'index.mjs'))}).then(({ engine }) => console.log(engine))`;
    expect((await spawnNode('net', source)).stdout).toBe('rsnet\n');
  });
});
