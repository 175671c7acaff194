'use strict';

/* global once, listening -- runMode defines them for the programs */

// What belongs to a closed connection dies with the next collection of young objects. An object that V8 has put into
// the old generation would keep it until a full collection.

const { describeRsnet } = require('../helpers');
const { REGISTER, runMode } = require('../helpers/registered');

const CONNECTIONS = 10;
/** Elements of an array that each handle refers to. */
const LOAD = 100000;
const BYTES_OF_ELEMENT = 8;
/**
 * Megabytes of the young generation, which has room for the arrays of all connections. In a smaller one V8 collects
 * young objects while a connection is open, and then it keeps the arrays of that one for a full collection.
 */
const YOUNG = 64;

const FLAGS = ['--expose-gc', `--min-semi-space-size=${YOUNG}`];

/**
 * @param {string[]} flags
 * @param {'destroy'|'end'} way in which the client closes
 * @returns {Promise<number>} how many arrays of handles of both ends are left behind collections of young objects
 */
const survivors = (flags, way) => runMode([...FLAGS, ...flags], async (count, length, size, how) => {
  const net = require('net');
  const { getHeapSpaceStatistics } = require('v8');
  const used = () => getHeapSpaceStatistics().reduce((sum, space) => sum + space.space_used_size, 0);
  const closed = [];
  const load = (socket) => {
    socket._handle.load = new Array(length).fill(0);
    closed.push(once(socket, 'close'));
  };
  const server = net.createServer((socket) => {
    load(socket);
    socket.resume();
  });
  const port = await listening(server);
  const connect = async () => {
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    load(client);
    client.resume();
    client[how]();
    await Promise.all(closed.splice(0));
  };
  await connect();
  globalThis.gc();
  const before = used();
  for (let index = 0; index < count; index++) await connect();
  // The last one may still be referred to by what runs.
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  for (let turn = 0; turn < 3; turn++) globalThis.gc({ type: 'minor' });
  server.close();
  return (used() - before) / (length * size);
}, { args: [CONNECTIONS, LOAD, BYTES_OF_ELEMENT, way] });

describeRsnet('young handles', () => {
  test.each(['destroy', 'end'])('are collected after %s()', async (way) => {
    expect(await survivors([], way)).toBeLessThan(CONNECTIONS / 5);
    expect(await survivors(['-r', REGISTER], way)).toBeLessThan(CONNECTIONS / 5);
  });
});
