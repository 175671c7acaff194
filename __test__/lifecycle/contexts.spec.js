'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const {
  childEnvironment, describeRsnet, implementations, requirePath, root, spawnNode, tempPath,
} = require('../helpers');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'lifecycle', 'load-in-context.js');

/**
 * What runs in the context: finds `net`, and is `done` with what it saw.
 */
const INSIDE = `(net, done) => {
  const seen = {};
  const server = net.createServer((peer) => {
    peer.on('data', (data) => {
      seen.isBuffer = Buffer.isBuffer(data) && data instanceof Buffer;
      seen.text = data.toString();
      seen.slice = Buffer.concat([data, Buffer.from('!')]).subarray(2).toString('latin1');
      // A view of the context's own kind, and one of its own views of what came.
      peer.end(new Uint8Array(Array.from(data).reverse()));
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    const client = net.connect(port, '127.0.0.1');
    let reply = '';
    client.setEncoding('utf8').on('data', (text) => { reply += text; });
    client.write('hello');
    client.on('close', () => {
      seen.reply = reply;
      seen.counts = [client.bytesRead, client.bytesWritten];
      for (const [name, wrong] of Object.entries({
        write: () => new net.Socket().write(5),
        connect: () => net.connect({ port: -1 }),
        listen: () => net.createServer().listen({ port: 'x' }),
      })) {
        try {
          wrong();
        } catch (error) {
          seen[name] = [error.name, error.code, error.message];
        }
      }
      server.close(() => {
        const refused = net.connect(port, '127.0.0.1');
        refused.on('error', (error) => {
          const { code, message, syscall } = error;
          seen.refused = [code, syscall, message.replace(String(port), 'PORT'), typeof error.stack];
        });
        refused.on('close', () => done(seen));
      });
    });
  });
}`;

describe('required inside of a vm context', () => {
  test('Buffers, views and errors are as with the built-in', async () => {
    const results = await Promise.all(implementations.map(([name]) => spawnNode(name, `
      const vm = require('vm');
      const { context, exports } = require(process.argv[1]).loadInContext(process.argv[2]);
      const inside = vm.runInContext(${JSON.stringify(INSIDE)}, context);
      inside(exports, (seen) => console.log(JSON.stringify(seen)));
    `, { args: [FIXTURE, requirePath(name)] })));
    for (const { code, stderr, stdout } of results) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ isBuffer: true, text: 'hello', slice: 'llo!', reply: 'olleh' });
      expect(stdout).toBe(results[0].stdout);
    }
  });
});

describeRsnet('in many contexts, one after the other', () => {
  test('each is collected, and its copy of the module with it; memory and descriptors stay', async () => {
    const { code, stderr, stdout } = await spawnNode('rsnet', async () => {
      const vm = require('vm');
      const { readdirSync } = require('fs');
      const { loadInContext } = require(process.argv[1]);
      const [, , folder, inside] = process.argv;
      const use = async () => {
        const { context, exports } = loadInContext(folder);
        const { reply } = await new Promise((resolve) => vm.runInContext(inside, context)(exports, resolve));
        if (reply !== 'olleh') throw new Error(`another reply: ${reply}`);
        return { copy: new WeakRef(exports.Socket), context: new WeakRef(context) };
      };
      let least;
      const collect = async (copies) => {
        // One context may stay until the next copy is loaded.
        const isKept = () => copies.some(({ copy }) => copy.deref()) ||
          copies.filter(({ context }) => context.deref()).length > 1;
        while (isKept()) {
          await new Promise((resolve) => setImmediate(resolve));
          global.gc();
        }
        // What the copies hold natively follows some turns later; the time limit of the process bounds it.
        const open = () => readdirSync('/proc/self/fd').length;
        while (open() > (least ??= open())) {
          await new Promise((resolve) => setImmediate(resolve));
          global.gc();
        }
        least = open();
      };
      const measure = () => {
        const { rss, heapUsed } = process.memoryUsage();
        return { fds: readdirSync('/proc/self/fd').length, rss, heapUsed };
      };
      const round = async (count) => {
        const copies = [];
        for (let i = 0; i < count; i++) copies.push(await use());
        await collect(copies);
        return measure();
      };
      // The first copy that is used stays, with what it has changed in the host.
      await use();
      // What stays of copies comes anew in each round; what grows once, as a heap does, is not in the median.
      const rounds = [];
      for (let i = 0; i < 4; i++) rounds.push(await round(40));
      const median = (name) => [1, 2, 3].map((i) => rounds[i][name] - rounds[i - 1][name]).sort((a, b) => a - b)[1];
      console.log(JSON.stringify({ fds: median('fds'), rss: median('rss'), heapUsed: median('heapUsed') }));
      // V8's young generation would grow to what as many copies need that are not collected yet, by 25 MiB at once.
    }, { args: [FIXTURE, root, INSIDE], flags: ['--expose-gc', '--max-semi-space-size=1'], limit: 60000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { fds, heapUsed, rss } = JSON.parse(stdout);
    expect(fds).toBeLessThanOrEqual(0);
    // A copy of the module takes some 0.6 MiB; 40 that stayed would take 23 MiB.
    expect(rss).toBeLessThan(16 << 20);
    // A context alone takes a sixth of one.
    expect(heapUsed).toBeLessThan(4 << 20);
  }, 70000);

  test('jest runs many files, and each loads the addon', async () => {
    const FILES = 24;
    const folder = tempPath();
    fs.mkdirSync(folder);
    const results = path.join(folder, 'memory');
    const source = `
      const fs = require('fs');
      const net = require(${JSON.stringify(root)});
      test('serves', async () => {
        const server = net.createServer((peer) => peer.end('x')).listen(0, '127.0.0.1');
        await new Promise((resolve) => server.once('listening', resolve));
        const client = net.connect(server.address().port, '127.0.0.1').setEncoding('utf8');
        const text = await new Promise((resolve) => client.once('data', resolve));
        expect(text).toBe('x');
        // Half of the files leave all of it open.
        if (FILE % 2 === 0) await new Promise((resolve) => client.once('close', () => server.close(resolve)));
        fs.appendFileSync(${JSON.stringify(results)}, process.memoryUsage.rss() + '\\n');
        if (FILE % 2 === 1) server.unref();
      });
    `;
    for (let file = 0; file < FILES; file++) {
      fs.writeFileSync(path.join(folder, `f${file}.spec.js`), source.replaceAll('FILE', String(file)));
    }
    const config = path.join(folder, 'jest.config.js');
    fs.writeFileSync(config,
      'module.exports = { testEnvironment: "node", testMatch: ["<rootDir>/*.spec.js"], haste: {}, watchman: false };');
    const jest = require.resolve('jest/bin/jest');
    const args = [jest, '--rootDir', folder, '--runInBand', '--forceExit', '--config', config];
    const child = spawn(process.execPath, args, {
      cwd: folder, detached: true, env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { output += text; });
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 60000);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    const rss = fs.existsSync(results) ? fs.readFileSync(results, 'utf8').trim().split('\n').map(Number) : [];
    fs.rmSync(folder, { recursive: true, force: true });
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(rss).toHaveLength(FILES);
    // jest itself keeps some megabytes of each file.
    expect(rss.at(-1) - rss[FILES / 2]).toBeLessThan(128 << 20);
  }, 70000);
});
