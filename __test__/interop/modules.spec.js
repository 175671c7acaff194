'use strict';

const path = require('path');
const { describeRsnet, root } = require('../helpers');
const { REGISTER, runNode, source } = require('../helpers/registered');

/** Says of each way to get `net` whether it gave rsnet. */
const WAYS = `
  const rsnet = require(${JSON.stringify(root)});
  const is = (net) => net.Socket === rsnet.Socket && net.connect === rsnet.connect;
  const ways = async () => ({
    require: is(require('net')),
    prefixed: is(require('node:net')),
    dynamic: is(await import('net')),
    prefixedDynamic: is(await import('node:net')),
    defaultImport: is((await import('net')).default),
    getBuiltinModule: process.getBuiltinModule === undefined || is(process.getBuiltinModule('net')),
  });
`;

/**
 * @param {boolean} value
 * @returns {object} what WAYS says when every way gives the same
 */
function everyWay(value) {
  return {
    require: value, prefixed: value, dynamic: value, prefixedDynamic: value, defaultImport: value,
    getBuiltinModule: value,
  };
}

describeRsnet('rsnet/register', () => {
  const report = `${WAYS} ways().then((found) => console.log(JSON.stringify(found)));`;

  test('-r gives rsnet by every way to load net', async () => {
    const { stdout } = await runNode(['-r', REGISTER, source('app.js', report)]);
    expect(JSON.parse(stdout)).toEqual(everyWay(true));
  });

  test('without it, none of them does', async () => {
    const { stdout } = await runNode([source('app.js', report)]);
    expect(JSON.parse(stdout)).toEqual({ ...everyWay(false) });
  });

  test('--import, for a module with static imports', async () => {
    const app = source('app.mjs', `
      import net, { Socket, createServer } from 'net';
      import { connect } from 'node:net';
      import rsnet from ${JSON.stringify(path.join(root, 'index.js'))};
      console.log(net.Socket === rsnet.Socket && Socket === rsnet.Socket && connect === rsnet.connect &&
        createServer === rsnet.createServer);
    `);
    expect((await runNode(['--import', REGISTER, app])).stdout).toBe('true\n');
  });

  test('required in code, from there on', async () => {
    const app = source('app.js', `
      const before = require('net').Socket;
      const net = require('net');
      require(${JSON.stringify(REGISTER)});
      ${WAYS}
      ways().then((found) => console.log(JSON.stringify({ ...found, changed: before !== net.Socket })));
    `);
    expect(JSON.parse((await runNode([app])).stdout)).toEqual({ ...everyWay(true), changed: true });
  });

  test('worker threads and child processes inherit it', async () => {
    const app = source('app.js', `
      ${WAYS}
      const { fork, spawnSync } = require('child_process');
      const { Worker, isMainThread, parentPort } = require('worker_threads');
      const { once } = require('events');
      (async () => {
        const found = await ways();
        if (!isMainThread) return parentPort.postMessage(found);
        if (process.argv[2] === 'child') return process.send(found, () => process.disconnect());
        const [inWorker] = await once(new Worker(__filename), 'message');
        const [inChild] = await once(fork(__filename, ['child']), 'message');
        console.log(JSON.stringify([found, inWorker, inChild]));
      })();
    `);
    const { stdout } = await runNode(['-r', REGISTER, app]);
    expect(JSON.parse(stdout)).toEqual([everyWay(true), everyWay(true), everyWay(true)]);
    const inherited = await runNode([app], { NODE_OPTIONS: `--require=${JSON.stringify(REGISTER)}` });
    expect(JSON.parse(inherited.stdout)).toEqual([everyWay(true), everyWay(true), everyWay(true)]);
  });

  test('RSNET_DISABLE turns it off', async () => {
    const app = source('app.js', report);
    const off = await runNode(['-r', REGISTER, app], { RSNET_DISABLE: '1' });
    expect(JSON.parse(off.stdout)).toEqual(everyWay(false));
    for (const value of ['0', 'false', 'no', 'off', 'OFF', '']) {
      const on = await runNode(['-r', REGISTER, app], { RSNET_DISABLE: value });
      expect(JSON.parse(on.stdout)).toEqual(everyWay(true));
    }
  });

  test('what a newer Node exports stays, and stays the built-in\'s', async () => {
    const newer = source('newer.js', `
      const net = require('net');
      const newNamespace = { from: 'Node' };
      Object.defineProperty(net, 'newNamespace', { get: () => newNamespace, enumerable: true, configurable: true });
      net.newFunction = function newFunction() { return 'from Node'; };
    `);
    const app = source('app.js', `
      const net = require('net');
      const rsnet = require(${JSON.stringify(root)});
      console.log(JSON.stringify([net, rsnet].map((one) => [one.newNamespace, one.newFunction()])));
    `);
    const { stdout } = await runNode(['-r', newer, '-r', REGISTER, app]);
    expect(JSON.parse(stdout)).toEqual([[{ from: 'Node' }, 'from Node'], [{ from: 'Node' }, 'from Node']]);
  });

  test('RSNET_DEBUG says in one line what is active', async () => {
    const { version } = require('../../package.json');
    const app = source('app.js', '');
    const env = { RSNET_DEBUG: '1', RSNET_BACKEND: 'tokio', RSNET_THREADS: '3' };
    const { stderr } = await runNode(['-r', REGISTER, app], env);
    expect(stderr).toBe(`rsnet ${version}: tokio backend, 3 runtime threads\n`);
    expect((await runNode(['-r', REGISTER, app], { ...env, RSNET_BACKEND: 'uv' })).stderr)
      .toBe(`rsnet ${version}: uv backend\n`);
    expect((await runNode(['-r', REGISTER, app], { ...env, RSNET_DEBUG: 'off' })).stderr).toBe('');
    expect((await runNode(['-r', REGISTER, app], { ...env, RSNET_DISABLE: '1' })).stderr)
      .toBe(`rsnet ${version}: off (RSNET_DISABLE)\n`);
    expect((await runNode(['-r', REGISTER, app])).stderr).toBe('');
  });

  test('modules that were loaded before go on with rsnet', async () => {
    const app = source('app.js', `
      const http = require('http');
      const https = require('https');
      const http2 = require('http2');
      const net = require('net');
      require(${JSON.stringify(REGISTER)});
      const servers = [http.createServer(), https.createServer(), http2.createServer(), http2.createSecureServer()];
      console.log(JSON.stringify(servers.map((server) => server instanceof net.Server)));
      const server = http.createServer((request, response) => {
        response.end(String(request.socket.constructor === net.Socket));
      });
      server.listen(0, '127.0.0.1', () => {
        http.get({ port: server.address().port, host: '127.0.0.1', agent: false }, (response) => {
          console.log(response.socket.constructor === net.Socket);
          response.pipe(process.stdout);
          server.close();
        });
      });
    `);
    expect((await runNode([app])).stdout).toBe('[true,true,true,true]\ntrue\ntrue');
  });
});
