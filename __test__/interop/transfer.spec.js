'use strict';

// examples/transfer.js moves real files, and does not call a transfer good that was not.

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { transfer } = require('../../examples/transfer');
const { runNode } = require('../package/command');

const EXAMPLE = path.join(__dirname, '..', '..', 'examples', 'transfer.js');

let folder;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-transfer-'));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/**
 * Make a file.
 * @param {number} bytes its length
 * @returns {string} its path
 */
function fileOf(bytes) {
  const file = path.join(folder, `${bytes}`);
  fs.writeFileSync(file, Buffer.alloc(bytes, 'some text that repeats, '));
  return file;
}

test.each([0, 1, 3000001])('a file of %d bytes arrives through every leg', async (bytes) => {
  const { code, stdout, stderr } = await runNode([EXAMPLE, fileOf(bytes)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const legs = stdout.split('\n').filter((line) => line.endsWith('SHA-256 equal'));
  expect(legs.map((line) => line.replace(/ *\[.*/, ''))).toEqual([
    'rsnet -> rsnet, TCP', 'rsnet -> rsnet, Unix',
    'rsnet -> built-in, TCP', 'rsnet -> built-in, Unix',
    'built-in -> rsnet, TCP', 'built-in -> rsnet, Unix',
    'rsnet -> rsnet, echo, TCP', 'rsnet -> rsnet, echo, Unix',
  ]);
  expect(stdout).toContain('All 8 transfers arrived complete');
  // Hashing decides how long a leg takes, so no leg has a rate.
  expect(stdout).not.toMatch(/B\/s/);
});

test('a file that is not there is an error in one line', async () => {
  const { code, stderr } = await runNode([EXAMPLE, path.join(folder, 'missing')]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^transfer failed: ENOENT: no such file or directory, [^\n]*missing'\n$/);
});

test('a folder is an error in one line', async () => {
  const { code, stderr } = await runNode([EXAMPLE, folder]);
  expect(code).toBe(1);
  expect(stderr).toBe(`transfer failed: ${folder} is not a file\n`);
});

/**
 * The built-in module, with something done to each connection that a server accepts.
 * @param {(socket: net.Socket) => void} harm what is done
 * @returns {typeof net} with another createServer
 */
function harmful(harm) {
  return {
    ...net,
    createServer(options, listener) {
      return net.createServer(options, (socket) => {
        harm(socket);
        listener(socket);
      });
    },
  };
}

describe('a leg that goes wrong fails', () => {
  test('when a byte arrives changed', async () => {
    const server = harmful((socket) => {
      let first = true;
      socket.prependListener('data', (chunk) => {
        if (first) chunk[0] ^= 1;
        first = false;
      });
    });
    await expect(transfer({ name: 'x', client: net, server }, 0, fileOf(100000), () => {}))
      .rejects.toThrow(/^sent 100000 bytes with SHA-256 \w{64}, but 100000 bytes with SHA-256 \w{64} arrived$/);
  });

  test('when the receiver breaks off', async () => {
    const server = harmful((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(transfer({ name: 'x', client: net, server }, 0, fileOf(3000002), () => {}))
      .rejects.toThrow(/ECONNRESET|EPIPE|aborted|Premature close/);
  });

  test('when nobody listens there', async () => {
    const address = path.join(folder, 'missing', 'socket');
    await expect(transfer({ name: 'x', client: net, server: net }, address, fileOf(1), () => {}))
      .rejects.toThrow('listen');
  });
});
