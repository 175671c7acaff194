'use strict';

// RSNET_BINARY_PATH: the addon that is loaded in place of the installed one.

const fs = require('fs');
const path = require('path');
const { describeRsnet, root, spawnNode, tempPath } = require('../helpers');
const { binaryName, hostId } = require('../../lib/addon/platform');

/** Says which addons a process has loaded. */
const LOADED = `
  require(${JSON.stringify(root)});
  console.log(Object.keys(require.cache).filter((file) => file.endsWith('.node')).join());
`;

describeRsnet('the path of the binary', () => {
  test('is that of RSNET_BINARY_PATH, relative to the working directory as well', async () => {
    const folder = path.dirname(tempPath());
    const file = path.join(fs.realpathSync(folder), 'other.node');
    fs.copyFileSync(path.join(root, binaryName(hostId())), file);
    for (const named of [file, path.relative(root, file)]) {
      const { stdout, stderr } = await spawnNode('net', LOADED, { env: { RSNET_BINARY_PATH: named } });
      expect({ stdout, stderr }).toEqual({ stdout: `${file}\n`, stderr: '' });
    }
  });

  test('is not that of a variable which addons of others read as well', async () => {
    const { stdout, stderr } = await spawnNode('net', LOADED, {
      env: { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(root, 'missing.node') },
    });
    expect({ stdout, stderr }).toEqual({ stdout: `${path.join(root, binaryName(hostId()))}\n`, stderr: '' });
  });
});
