'use strict';

// The `connectTimeout` option of connections that `http` makes once rsnet is registered.

const path = require('path');
const { describeRsnet, root, spawnNode } = require('../helpers');

const flags = ['-r', path.join(root, 'register.js')];

/** Runs in a child. */
function request() {
  require('http').get({ port: 1, host: 'a.invalid', lookup() {}, connectTimeout: 20, agent: false })
    .on('error', ({ code }) => {
      console.log(code);
      process.exit();
    });
  // The lookup does not keep the process alive, and neither does the bound.
  setTimeout(() => {}, 100_000);
}

describeRsnet('http.get({ connectTimeout })', () => {
  test('fails with ERR_SOCKET_CONNECTION_TIMEOUT', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', request, { flags });
    expect([stdout.trim(), stderr]).toEqual(['ERR_SOCKET_CONNECTION_TIMEOUT', '']);
  });
});
