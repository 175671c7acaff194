'use strict';

// Clocks and globals that test runners put in the place of Node's: the built-in hears of none of them.

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const {
  childEnvironment, closed, implementations, listen, once, pair, requirePath, root, tempPath, track,
} = require('../helpers');

/**
 * @param {function(): Promise<void>} body of a test that runs while all of jest's fakes are in place
 * @returns {function(): Promise<void>}
 */
function withFakes(body) {
  return async () => {
    jest.useFakeTimers();
    try {
      await body();
    } finally {
      jest.useRealTimers();
    }
  };
}

describe.each(implementations)('%s: fake timers of jest', (name, net) => {
  test('a server and its connections come and go', withFakes(async () => {
    const server = track(net.createServer((peer) => peer.resume().end('hello')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = track(net.connect(server.address().port, '127.0.0.1'));
    await once(client, 'connect');
    expect(String((await once(client, 'data'))[0])).toBe('hello');
    expect(await new Promise((resolve) => server.getConnections((error, count) => resolve(count)))).toBe(1);
    await closed(client);
    server.close();
    await once(server, 'close');
  }));

  test('writes of one turn arrive', withFakes(async () => {
    const { client, peer } = await pair(net);
    peer.setEncoding('latin1');
    let text = '';
    const whole = new Promise((resolve) => {
      peer.on('data', (more) => {
        text += more;
        if (text.length === 3) resolve();
      });
    });
    for (const letter of 'abc') client.write(letter);
    await whole;
    expect(text).toBe('abc');
  }));

  test('errors come', withFakes(async () => {
    const server = await listen(net);
    const second = track(net.createServer());
    second.listen(server.at);
    expect((await once(second, 'error'))[0].code).toBe('EADDRINUSE');
    const lookup = (host, options, done) => done(new Error('no'));
    const client = track(net.connect({ port: 1, host: 'name', lookup }));
    expect((await once(client, 'error'))[0].message).toBe('no');
  }));

  test('the idle time of a socket is not theirs', withFakes(async () => {
    const { client } = await pair(net);
    const onTimeout = jest.fn();
    client.setTimeout(60000, onTimeout);
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(120000);
    expect(onTimeout).not.toHaveBeenCalled();
    client.setTimeout(10);
    await once(client, 'timeout');
  }));

  test('the time of each of several attempts is not theirs', withFakes(async () => {
    const server = await listen(net);
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const lookup = (host, options, done) => done(null, addresses);
    const client = track(net.connect({ port: server.at.port, host: 'name', lookup, autoSelectFamily: true }));
    expect(jest.getTimerCount()).toBe(0);
    await once(client, 'connect');
  }));
});

/** A program for jest: a server, a connection with an idle timer, and their end. */
const PROGRAM = `
  const net = require(NET);
  test('comes and goes', async () => {
    const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
    const server = net.createServer((peer) => peer.resume().end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = net.connect(server.address().port, '127.0.0.1');
    client.setTimeout(60000);
    client.write('x');
    client.resume();
    await once(client, 'close');
    server.close();
    await once(server, 'close');
  }, 20000);
`;

/** An environment whose timers are those of browsers. */
const ENVIRONMENT = `
  const { TestEnvironment } = require(${JSON.stringify(require.resolve('jest-environment-node'))});
  module.exports = class extends TestEnvironment {
    async setup() {
      await super.setup();
      const { global } = this;
      const { setTimeout, clearTimeout } = global;
      const timers = new Map();
      let last = 0;
      global.setTimeout = (...args) => {
        timers.set(++last, setTimeout(...args));
        return last;
      };
      global.clearTimeout = (id) => clearTimeout(timers.get(id));
      delete global.setImmediate;
      delete global.clearImmediate;
    }
  };
`;

/**
 * Run the program under a jest of its own.
 *
 * @param {string} name of the implementation
 * @param {object} config of jest
 * @param {string[]} flags for jest
 * @returns {Promise<{code: number, output: string}>} what it wrote, if it failed or warned
 */
async function runJest(name, config, flags) {
  const folder = tempPath();
  fs.mkdirSync(folder);
  const write = (base, text) => fs.writeFileSync(path.join(folder, base), text);
  write('program.spec.js', PROGRAM.replace('NET', JSON.stringify(requirePath(name))));
  write('environment.js', ENVIRONMENT);
  const settings = { testMatch: ['<rootDir>/*.spec.js'], transform: {}, haste: {}, watchman: false, ...config };
  write('jest.config.json', JSON.stringify(settings));
  const file = path.join(folder, 'jest.config.json');
  const args = [require.resolve('jest/bin/jest'), '--rootDir', folder, '--config', file, ...flags];
  const child = spawn(process.execPath, args, {
    cwd: root, detached: true, env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 60000);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => { output += text; });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  fs.rmSync(folder, { recursive: true, force: true });
  return { code, output: code === 0 && !/open handle|did not exit|Warning/i.test(output) ? '' : output };
}

describe.each(implementations)('%s: under jest', (name) => {
  test.each([
    ['with fake timers before the module is loaded', { fakeTimers: { enableGlobally: true } }, []],
    ['in an environment with the timers of browsers', { testEnvironment: './environment.js' }, []],
    ['looking for open handles', {}, ['--detectOpenHandles']],
  ])('%s', async (title, config, flags) => {
    expect(await runJest(name, config, flags)).toEqual({ code: 0, output: '' });
  }, 70000);
});
