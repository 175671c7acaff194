'use strict';

const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { childEnvironment, describeRsnet, root, tempPath } = require('../helpers');

describeRsnet('the package', (rsnet) => {
  /**
   * Run a file in a folder whose `node_modules` has the package.
   *
   * @param {string} file name, with the extension that says which kind of module it is
   * @param {string} source
   * @param {string[]} [flags] for node
   * @returns {{stdout: string, stderr: string, status: number}}
   */
  function runFile(file, source, flags = []) {
    const folder = path.dirname(tempPath());
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(root, path.join(folder, 'node_modules', 'rsnet'));
    fs.writeFileSync(path.join(folder, file), source);
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, file], {
      cwd: folder, encoding: 'utf8', timeout: 20000, env: childEnvironment(),
    });
    return { stdout, stderr, status };
  }

  const ROUND_TRIP = `
    const server = createServer((socket) => socket.end('hello'));
    server.listen(0, '127.0.0.1', () => {
      const client = new Socket();
      client.setEncoding('utf8').on('data', (data) => console.log(data)).on('close', () => server.close());
      client.connect(server.address().port, '127.0.0.1');
    });
  `;

  test('by require', () => {
    expect(runFile('main.cjs', `const { createServer, Socket } = require('rsnet'); ${ROUND_TRIP}`))
      .toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
  });

  test('by import of names', () => {
    expect(runFile('main.mjs', `import { createServer, Socket } from 'rsnet'; ${ROUND_TRIP}`))
      .toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
  });

  test('by import of the default', () => {
    expect(runFile('main.mjs', `import net from 'rsnet'; const { createServer, Socket } = net; ${ROUND_TRIP}`))
      .toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
  });

  test('by dynamic import', () => {
    expect(runFile('main.cjs', `import('rsnet').then(({ createServer, Socket }) => { ${ROUND_TRIP} });`))
      .toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
  });

  test('import and require give the same classes, and every export by name', () => {
    const { stdout, stderr } = runFile('main.mjs', `
      import { createRequire } from 'module';
      import * as all from 'rsnet';
      const required = createRequire(import.meta.url)('rsnet');
      const missing = Object.getOwnPropertyNames(required).filter((name) => all[name] !== required[name]);
      console.log(JSON.stringify(missing), all.default === required);
    `);
    expect({ stdout, stderr }).toEqual({ stdout: '[] true\n', stderr: '' });
  });

  test('requiring it starts nothing, warns nothing and takes no time to end', () => {
    expect(runFile('main.cjs', 'require("rsnet"); require("rsnet");', ['--trace-warnings', '--pending-deprecation']))
      .toEqual({ stdout: '', stderr: '', status: 0 });
  });

  test('leaves the built-in alone', () => {
    const { stdout } = runFile('main.cjs', `
      const before = Object.entries(require('net'));
      const rsnet = require('rsnet');
      console.log(before.every(([name, value]) => require('node:net')[name] === value),
        rsnet.Socket === require('net').Socket);
    `);
    expect(stdout).toBe('true false\n');
  });

  test('package.json can be read, other files can not be required', () => {
    const { stdout } = runFile('main.cjs', `
      console.log(require('rsnet/package.json').name);
      try { require('rsnet/lib/api/socket.js'); } catch ({ code }) { console.log(code); }
    `);
    expect(stdout).toBe('rsnet\nERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  test('is frozen in nothing: programs may replace exports, as they do with net', () => {
    const original = rsnet.connect;
    const replacement = () => {};
    rsnet.connect = replacement;
    expect(rsnet.connect).toBe(replacement);
    rsnet.connect = original;
  });
});
