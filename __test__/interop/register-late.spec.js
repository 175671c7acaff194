'use strict';

// `rsnet/register` loads rsnet when Node has loaded its own `net`, and not before: most processes that inherit the
// option never use `net`.

const path = require('path');
const { describeRsnet, root } = require('../helpers');
const { nodeAtLeast } = require('../helpers/features');
const { REGISTER, runNode, source } = require('../helpers/registered');

/**
 * @param {string[]} args for node
 * @param {object} [env]
 * @returns {Promise<{stdout: string, stderr: string}>} as `runNode`; nobody has told the process to load rsnet at once
 */
function node(args, env) {
  return runNode(args, { RSNET_STRICT: '', ...env });
}

/**
 * Runs a program with rsnet registered.
 * @param {string} body of an async function, which finds `tell`, `loaded` and `fs`; the result is what it tells
 * @param {object} [options]
 * @param {string[]} [options.before] arguments before the option that registers
 * @param {object} [options.env]
 * @returns {Promise<{told: *, stderr: string}>}
 */
async function registered(body, { before = [], env } = {}) {
  const { stdout, stderr } = await node([...before, '-r', REGISTER, source('app.js', programOf(body))], env);
  return { told: JSON.parse(stdout), stderr };
}

/** An expression: whether rsnet is loaded. The published package has all its modules in one file. */
const IS_LOADED = 'Object.keys(require.cache).some((file) => /[/]lib[/](api[/]|all[/]rsnet[.]js$)/.test(file))';

/**
 * A program that writes without `process.stdout`: that is a socket here.
 * @param {string} body as for `registered`
 * @returns {string}
 */
function programOf(body) {
  return `
    const fs = require('fs');
    const { once } = require('events');
    const tell = (value) => fs.writeSync(1, JSON.stringify(value));
    const loaded = () => ({
      net: process.moduleLoadList.includes('NativeModule net'),
      rsnet: ${IS_LOADED},
      addon: process.report.getReport().sharedObjects.some((file) => file.endsWith('.node')),
    });
    (async () => { ${body} })();
  `;
}

const NOTHING = { net: false, rsnet: false, addon: false };
const ALL = { net: true, rsnet: true, addon: true };

describeRsnet('rsnet/register, in a program that does not use net', () => {
  test.each([
    ['-r', ['-r', REGISTER], {}],
    ['--import', ['--import', REGISTER], {}],
    ['NODE_OPTIONS', [], { NODE_OPTIONS: `--require=${JSON.stringify(REGISTER)}` }],
    ['require', [], { RSNET_SPEC_REQUIRE: REGISTER }],
  ])('by %s loads neither rsnet nor the addon', async (_way, flags, env) => {
    const body = `
      if (process.env.RSNET_SPEC_REQUIRE) require(process.env.RSNET_SPEC_REQUIRE);
      tell(loaded());
    `;
    const { stdout } = await node([...flags, source('app.js', programOf(body))], env);
    expect(JSON.parse(stdout)).toEqual(NOTHING);
  });

  test('loads neither in a worker thread, and both there once the thread uses net', async () => {
    const { told } = await registered(`
      const { Worker, isMainThread, parentPort } = require('worker_threads');
      if (isMainThread) {
        const [found] = await once(new Worker(__filename, { stdout: true, stderr: true }), 'message');
        tell([found, loaded().net]);
      } else {
        const before = loaded();
        parentPort.postMessage([before, require('net').engine, loaded()]);
      }
    `);
    expect(told).toEqual([[NOTHING, 'rsnet', ALL], false]);
  });

  test('leaves the list of loaded modules an array', async () => {
    const { told } = await registered(`
      const list = process.moduleLoadList;
      const before = list.length;
      require('os');
      tell([
        Array.isArray(list), list instanceof Array, list.length > before, list.includes('NativeModule os'),
        list.filter((entry) => entry === 'NativeModule os').length, Object.keys(list).length === list.length,
      ]);
    `);
    expect(told).toEqual([true, true, true, true, 1, true]);
  });

  test.each([
    ['RSNET_STRICT=1', [], { RSNET_STRICT: '1' }],
    ['RSNET_DEBUG=1', [], { RSNET_DEBUG: '1' }],
    ['NODE_DEBUG', [], { NODE_DEBUG: 'rsnet' }],
    ['net loaded before', ['-r', 'net'], {}],
    ['http loaded before', ['-r', 'http'], {}],
  ])('loads both at once with %s', async (_what, before, env) => {
    expect((await registered('tell(loaded());', { before, env })).told).toEqual(ALL);
  });

  test('loads both at once with the permission model', async () => {
    const flag = nodeAtLeast(23, 5) ? '--permission' : '--experimental-permission';
    const app = source('app.js', programOf(`fs.writeSync(1, String(${IS_LOADED}));`));
    const flags = [flag, '--allow-fs-read=*', '--allow-addons'];
    expect((await node([...flags, '-r', REGISTER, app])).stdout).toBe('true');
  });
});

describeRsnet('rsnet/register, in a program that uses net later', () => {
  /** Sends a line over a connection of `net`, both ends of which are rsnet's. */
  const EXCHANGE = `
    const net = require('node:net');
    const server = net.createServer((peer) => peer.end(String(peer.constructor === net.Socket)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = net.connect(server.address().port, '127.0.0.1').setEncoding('utf8');
    const [answer] = await once(client, 'data');
    server.close();
  `;

  test.each([
    'net', 'node:net', 'http', 'https', 'http2', 'tls', 'child_process', 'cluster', 'tty', '_http_agent',
  ])('whose first module is %s', async (name) => {
    const list = 'process.moduleLoadList.filter((entry) => /^NativeModule [a-z_]+[0-9]?$/.test(entry))';
    const plain = await node(['-e', `
      require('vm');
      require('${name}');
      require('fs').writeSync(1, JSON.stringify(${list}));
    `]);
    const { told: [engine, answer, entries, isOnce, hasTrap] } = await registered(`
      require('${name}');
      const entries = ${list};
      ${EXCHANGE}
      const all = process.moduleLoadList;
      tell([net.engine, answer, entries, new Set(all).size === all.length,
        Object.getPrototypeOf(all) !== Array.prototype]);
    `);
    expect([engine, answer, isOnce]).toEqual(['rsnet', 'true', true]);
    // The order of the host's modules stays as it is. What rsnet needs more comes behind net.
    const known = JSON.parse(plain.stdout);
    const order = (found) => found.filter((entry) => /net|child_process|cluster|http|tls|tty/.test(entry));
    expect(order(entries)).toEqual(order(known));
    // Nobody waits any more, where all has been loaded.
    expect(typeof hasTrap).toBe('boolean');
  });

  test('finds the classes of http, tls and tty derived from those of rsnet', async () => {
    const { told } = await registered(`
      const { Server, globalAgent } = require('http');
      const tls = require('tls');
      const tty = require('tty');
      const net = require('net');
      const isFrom = (Class, Base) => Object.getPrototypeOf(Class.prototype) === Base.prototype;
      tell([
        net.engine, isFrom(Server, net.Server), isFrom(tls.Server, net.Server), isFrom(tls.TLSSocket, net.Socket),
        isFrom(tty.ReadStream, net.Socket), isFrom(tty.WriteStream, net.Socket),
      ]);
    `);
    expect(told).toEqual(['rsnet', true, true, true, true, true]);
  });

  test('by process.stdout, which is a socket here', async () => {
    const { stdout, stderr } = await node(['-r', REGISTER, source('app.js', `
      console.log(process.stdout.constructor === require('net').Socket, require('net').engine);
    `)]);
    expect({ stdout, stderr }).toEqual({ stdout: 'true rsnet\n', stderr: '' });
  });

  test('by this package', async () => {
    const { told } = await registered(`
      const rsnet = require(${JSON.stringify(root)});
      const net = require('net');
      tell([net.engine, net.Socket === rsnet.Socket, net.connect === rsnet.connect]);
    `);
    expect(told).toEqual(['rsnet', true, true]);
  });

  test.each([
    ['child_process', 'const { fork, spawn } = require("child_process");'],
    ['net', 'require("net"); const { fork, spawn } = require("child_process");'],
    ['a socket', 'new (require("net").Socket)(); const { fork, spawn } = require("child_process");'],
  ])('first by %s, gives sockets to child processes', async (_first, load) => {
    const child = source('child.js', `
      process.once('message', (message, socket) => {
        socket.end('from the child');
        process.disconnect();
      });
    `);
    const { told, stderr } = await registered(`
      ${load}
      const net = require('net');
      const server = net.createServer({ pauseOnConnect: true });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const open = async () => {
        const client = net.connect(server.address().port, '127.0.0.1').setEncoding('utf8');
        const [peer] = await once(server, 'connection');
        return [client, peer];
      };
      const answer = async (client) => {
        let text = '';
        for await (const chunk of client) text += chunk;
        return text;
      };
      const [first, sent] = await open();
      fork(${JSON.stringify(child)}).send('socket', sent);
      const [second, stdio] = await open();
      const program = 'require("fs").writeSync(1, "by stdio")';
      const run = spawn(process.execPath, ['-e', program], { stdio: ['ignore', stdio, 'inherit'] });
      run.once('exit', () => stdio.destroy());
      tell([await answer(first), await answer(second)]);
      server.close();
    `);
    expect({ told, stderr }).toEqual({ told: ['from the child', 'by stdio'], stderr: '' });
  });

  test('first by cluster, shares a port', async () => {
    const { told, stderr } = await registered(`
      const cluster = require('cluster');
      const net = require('net');
      if (cluster.isPrimary) {
        const worker = cluster.fork();
        const [{ port }] = await once(worker, 'listening');
        const client = net.connect(port, '127.0.0.1').setEncoding('utf8');
        const [text] = await once(client, 'data');
        tell([net.engine, text]);
        worker.kill();
      } else {
        net.createServer((peer) => peer.end(net.engine + ' ' + (peer.constructor === net.Socket)))
          .listen(0, '127.0.0.1');
      }
    `);
    expect({ told, stderr }).toEqual({ told: ['rsnet', 'rsnet true'], stderr: '' });
  });

  test.each([['-r'], ['--import']])('by import, registered by %s', async (option) => {
    const app = source('app.mjs', `
      import { fork } from 'node:child_process';
      import { Agent } from 'http';
      import net, { Socket, createServer } from 'net';
      import { connect } from 'node:net';
      import { createRequire } from 'module';
      import { writeSync } from 'fs';
      const rsnet = createRequire(import.meta.url)(${JSON.stringify(root)});
      const later = await import('net');
      writeSync(1, JSON.stringify([
        typeof fork, typeof Agent, net.engine, Socket === rsnet.Socket, createServer === rsnet.createServer,
        connect === rsnet.connect, later.Socket === rsnet.Socket, later.default === net,
      ]));
    `);
    const { stdout } = await node([option, REGISTER, app]);
    expect(JSON.parse(stdout)).toEqual(['function', 'function', 'rsnet', true, true, true, true, true]);
  });

  test('has timers, ticks and the clock as they were when it was registered', async () => {
    const { told } = await registered(`
      const timers = require('timers');
      const { setTimeout, setImmediate } = timers;
      const { nextTick } = process;
      const used = [];
      const note = (name, real) => (...args) => {
        const caller = new Error().stack.split('\\n')[2];
        if (caller.includes('/lib/')) used.push(name + caller);
        return real.apply(process, args);
      };
      timers.setTimeout = note('setTimeout', setTimeout);
      timers.setImmediate = note('setImmediate', setImmediate);
      process.nextTick = note('nextTick', nextTick);
      const net = require('net');
      const server = net.createServer((peer) => peer.resume());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const client = net.connect({ port: server.address().port, host: '127.0.0.1', timeout: 20 });
      await once(client, 'timeout');
      client.end('x');
      await once(client.resume(), 'close');
      server.close();
      tell(used);
    `);
    expect(told).toEqual([]);
  });

  test('shows hooks of async_hooks the few resources that docs/node-inside.md names', async () => {
    const body = `
      const types = [];
      require('async_hooks').createHook({ init: (_id, type) => types.push(type) }).enable();
      const net = require('net');
      const seen = types.splice(0);
      tell([net.engine ?? 'node', seen]);
    `;
    const plain = JSON.parse((await node([source('app.js', programOf(body))])).stdout);
    expect(plain).toEqual(['node', []]);
    expect((await registered(body)).told).toEqual(['rsnet', ['RSNETSAMPLE', 'CustomGC']]);
  });

  test.each(['net', 'tls', 'child_process'])(
    'shows subscribers no socket but the program\'s, first by %s', async (name) => {
      const { told, stderr } = await registered(`
        const sockets = [];
        require('diagnostics_channel').subscribe('net.client.socket', ({ socket }) => sockets.push(socket));
        require('${name}');
        require('child_process');
        require('tls');
        ${EXCHANGE}
        tell([answer, sockets.length, sockets[0] === client]);
      `);
      expect({ told, stderr }).toEqual({ told: ['true', 1, true], stderr: '' });
    });
});

describeRsnet('rsnet/register, where rsnet cannot be loaded later', () => {
  const USE = `
    const before = require('events').listenerCount(process, 'warning');
    const net = require('net');
    const server = net.createServer((peer) => peer.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [data] = await once(net.connect(server.address().port, '127.0.0.1'), 'data');
    server.close();
    tell([net.engine, String(data)]);
  `;

  test('a binary that is none: one warning, when net is used', async () => {
    const env = { RSNET_BINARY_PATH: source('none.node', 'no addon') };
    const without = await registered('tell(loaded());', { env });
    expect(without).toEqual({ told: NOTHING, stderr: '' });
    const { told, stderr } = await registered(USE, { env });
    expect(told).toEqual(['node', 'hello']);
    expect(stderr).toMatch(/^\(node:\d+\) \[RSNET_NO_BINARY\] Warning: The binary that RSNET_BINARY_PATH names cannot/);
    expect(stderr.match(/Warning: /g)).toHaveLength(1);
  });

  test('no binary: one warning at once', async () => {
    const env = { RSNET_BINARY_PATH: path.join(root, 'not-there.node') };
    const { told, stderr } = await registered('tell(loaded().net);', { env });
    expect(told).toBe(true);
    expect(stderr).toMatch(/\[RSNET_NO_BINARY\]/);
  });

  test('a program that keeps rsnet\'s files from being loaded: a warning, and the host\'s own net', async () => {
    const { told, stderr } = await registered(`
      const Module = require('module');
      const { _load } = Module;
      Module._load = function load(request, ...rest) {
        if (/(activate|all[/]rsnet[.]js)$/.test(request)) throw new Error('not this file');
        return _load.call(this, request, ...rest);
      };
      ${USE}
    `);
    expect(told).toEqual(['node', 'hello']);
    expect(stderr).toMatch(/\[RSNET_LOAD\] Warning: rsnet cannot be loaded: not this file\. The host's own net is used/);
  });
});

describeRsnet('the list of loaded modules', () => {
  const TRAP = JSON.stringify(path.join(root, 'lib', 'node', 'load-trap.js'));

  test.each([
    ['frozen', 'Object.freeze(process.moduleLoadList);'],
    ['not extensible', 'Object.preventExtensions(process.moduleLoadList);'],
    ['missing', 'delete process.moduleLoadList;'],
    ['a number', 'Object.defineProperty(process, "moduleLoadList", { value: 1 });'],
    ['with a push of its own', 'process.moduleLoadList.push = function push() {};'],
    ['with another prototype', 'Object.setPrototypeOf(process.moduleLoadList, Object.create(Array.prototype));'],
    ['a copy', 'Object.defineProperty(process, "moduleLoadList", { value: [...process.moduleLoadList] });'],
    ['empty', 'Object.defineProperty(process, "moduleLoadList", { value: [] });'],
  ])('%s, is not waited for', async (_what, spoil) => {
    const { stdout } = await node(['-e', `
      const fs = require('fs');
      const trap = require(${TRAP});
      const list = process.moduleLoadList;
      ${spoil}
      const prototype = Object.getPrototypeOf(Object(process.moduleLoadList));
      const answer = trap.setTrap('net', () => fs.writeSync(1, 'called '));
      fs.writeSync(1, String(answer) + ' ' + (Object.getPrototypeOf(Object(process.moduleLoadList)) === prototype));
    `]);
    expect(stdout).toBe('false true');
  });

  test.each([
    ['frozen prototype', 'Object.freeze(Array.prototype);'],
    ['push of Array.prototype replaced',
      'const { push } = Array.prototype; Array.prototype.push = function replaced(...args) {' +
      ' return push.apply(this, args); };'],
  ])('%s: it is waited for', async (_what, spoil) => {
    const { told, stderr } = await registered(`
      const before = loaded();
      tell([before, require('net').engine]);
    `, { before: ['-r', source('spoil.js', spoil)] });
    expect({ told, stderr }).toEqual({ told: [NOTHING, 'rsnet'], stderr: '' });
  });

  test.each([
    ['delete process.moduleLoadList;'],
    ['Object.defineProperty(process, "moduleLoadList", { value: [...process.moduleLoadList], configurable: true });'],
    ['process.moduleLoadList.push = function push() {};'],
  ])('after %s rsnet is registered', async (spoil) => {
    const { told } = await registered("tell([require('net').engine]);", { before: ['-r', source('spoil.js', spoil)] });
    expect(told).toEqual(['rsnet']);
  });

  test('throws nothing of a step into Node\'s loader', async () => {
    const { stdout, stderr } = await node(['-e', `
      const { setTrap } = require(${TRAP});
      const isSet = setTrap('net', () => { throw new Error('of the step'); });
      require('fs').writeSync(1, isSet + ' ' + typeof require('net').Socket);
    `]);
    expect(stdout).toBe('true function');
    expect(stderr).toMatch(/Error: of the step/);
  });

  test('keeps what a step loads, once it may be put back', async () => {
    const { stdout } = await node(['-e', `
      const { restoreEntries, setTrap } = require(${TRAP});
      setTrap('net', () => require('dns'));
      require('net');
      const has = () => process.moduleLoadList.filter((entry) => entry === 'NativeModule dns').length;
      const before = has();
      restoreEntries();
      const isPlain = Object.getPrototypeOf(process.moduleLoadList) === Array.prototype;
      require('fs').writeSync(1, before + ' ' + has() + ' ' + isPlain);
    `]);
    expect(stdout).toBe('0 1 true');
  });
});
