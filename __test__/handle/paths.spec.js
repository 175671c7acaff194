'use strict';

const fs = require('fs');
const { builtin, implementations, listen, nodeMajor, once, tempPath, track } = require('../helpers');

/**
 * @param {typeof import('net')} net
 * @param {object} options of listen
 * @returns {Promise<number>} the mode of the path
 */
async function modeOf(net, options) {
  const path = tempPath();
  await listen(net, { listen: { path, ...options } });
  return fs.statSync(path).mode & 0o777;
}

describe.each(implementations)('%s: Unix-domain names', (name, net) => {
  test.each([
    {},
    { readableAll: true },
    { writableAll: true },
    { readableAll: true, writableAll: true },
  ])('the mode of a path: %j', async (options) => {
    expect(await modeOf(net, options)).toBe(await modeOf(builtin, options));
  });

  const onLinux = process.platform === 'linux' && nodeMajor >= 22 ? test : test.skip;
  onLinux('an abstract name may hold NULs', async () => {
    const path = `\0rsnet\0${process.pid}\0${name}`;
    const server = await listen(net, { listen: { path } });
    const socket = track(net.connect({ path }));
    await once(socket, 'connect');
    expect(server.address()).toBe(path);
  });
});
