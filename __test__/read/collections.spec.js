'use strict';

/* global once, listening -- runMode defines them for the programs */

// Buffers of large reads die young. V8 collects them without a look at the whole heap.

const { describeRsnet } = require('../helpers');
const { REGISTER, runMode } = require('../helpers/registered');

/**
 * V8's limit for the old generation, in MB, until the first full collection. By default a heap of 8 to 12 MB, as this
 * program has, is collected for its own size now and then: up to four times were seen on a busy machine, with young
 * Buffers of a few MB. With this limit there were none, and 7 to 9 (Node 24) without what rsnet does.
 */
const OLD_SPACE = '--initial-old-space-size=64';

/** What the program reads: enough for eight full collections if V8 makes one for each 64 MB of Buffers. */
const BYTES = 512 * 1024 * 1024;

/**
 * @param {object} options of the socket that reads
 * @param {string[]} flags of V8
 * @returns {Promise<number>} full collections of a program while it reads BYTES, behind half as many for its start
 */
const fullCollections = (options, flags) => runMode([...flags, '-r', REGISTER], async (bytes, { isFresh, ...rest }) => {
  const net = require('net');
  const { PerformanceObserver, constants } = require('perf_hooks');
  const piece = Buffer.alloc(1024 * 1024);
  const read = async (wanted) => {
    const server = net.createServer(async (socket) => {
      for (let left = wanted; left > 0; left -= piece.length) if (!socket.write(piece)) await once(socket, 'drain');
      socket.end();
    });
    const port = await listening(server);
    let got = 0;
    const callback = (length) => {
      got += length;
      return true;
    };
    const onread = isFresh ? { buffer: () => Buffer.allocUnsafeSlow(65536), callback } : undefined;
    const client = net.connect({ port, host: '127.0.0.1', onread, ...rest });
    if (!isFresh) client.on('data', (chunk) => callback(chunk.length));
    else client.resume();
    await once(client, 'close');
    server.close();
    if (got !== wanted) throw new Error(`${got} bytes`);
  };
  await read(bytes / 2);
  let full = 0;
  const count = (list) => {
    full += list.getEntries().filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  };
  const observer = new PerformanceObserver(count);
  observer.observe({ entryTypes: ['gc'] });
  await read(bytes);
  count({ getEntries: () => observer.takeRecords() });
  return full;
}, { args: [BYTES, options] });

describeRsnet('full collections of a program that reads much', () => {
  test.each([
    ['as the stream gives it', {}],
    ['by reads of 256 KiB', { highWaterMark: 1024 * 1024 }],
    ['into a Buffer for each read', { isFresh: true }],
    ['with a young generation that has grown', {}, ['--min-semi-space-size=4']],
  ])('are rare: %s', async (_how, options, flags = []) => {
    expect(await fullCollections(options, [OLD_SPACE, ...flags])).toBeLessThanOrEqual(2);
  });
});
