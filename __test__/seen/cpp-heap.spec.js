'use strict';

/* global listening, once -- runMode defines them for the programs */

// Objects of C++ that a collector of V8's looks after. Most programs on Node 24 have none, and V8 takes such a process
// for one that allocates much. With the first one it collects while the program rests, and drops optimised code.

const v8 = require('v8');
const { describeRsnet } = require('../helpers');
const { REGISTER, runMode } = require('../helpers/registered');

/**
 * @param {string[]} flags
 * @returns {Promise<number>} bytes of such objects in a program of `net` and `http`
 */
const usedBytes = (flags) => runMode(flags, async () => {
  const http = require('http');
  const net = require('net');
  const echo = net.createServer((socket) => socket.pipe(socket));
  const client = net.connect(await listening(echo), '127.0.0.1');
  client.end('x');
  client.resume();
  await once(client, 'close');
  const web = http.createServer((request, response) => response.end('x'));
  const port = await listening(web);
  const [response] = await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response');
  response.resume();
  await once(response, 'close');
  echo.close();
  web.close();
  return require('v8').getCppHeapStatistics('detailed').used_size_bytes;
});

describeRsnet('the heap of C++ objects', () => {
  (v8.getCppHeapStatistics ? test : test.skip)('has nothing of rsnet', async () => {
    expect(await usedBytes(['-r', REGISTER])).toBe(await usedBytes([]));
  });
});
