'use strict';

// The traffic of the worker threads: one side sends without an end, the other sends back, and each byte is compared.

const { Part, LONGEST } = require('./bytes');

/** Bytes of a write. */
const WRITE = 20000;

/**
 * Send back what comes.
 *
 * @param {import('net').Socket} socket
 * @param {(length: number) => void} onBytes told how much came
 * @returns {void}
 */
function echo(socket, onBytes) {
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if (socket.writable && !socket.write(data)) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
    onBytes(data.length);
  });
}

/**
 * Send the same block again and again, and compare what comes back.
 *
 * @param {typeof import('net')} net
 * @param {number} port
 * @param {(length: number) => void} onBytes told how much came
 * @returns {import('net').Socket}
 * @throws {Error} in a listener, if another byte comes back
 */
function talk(net, port, onBytes) {
  const socket = net.connect(port, '127.0.0.1');
  let sent = new Part(0, LONGEST);
  let expected = new Part(0, LONGEST);
  const more = () => {
    do {
      if (sent.left === 0) sent = new Part(0, LONGEST);
    } while (!socket.destroyed && socket.write(sent.take(WRITE)));
  };
  socket.on('connect', more).on('drain', more).on('error', () => {});
  socket.on('data', (data) => {
    for (let rest = data; rest.length > 0;) {
      if (expected.left === 0) expected = new Part(0, LONGEST);
      const part = rest.subarray(0, expected.left);
      expected.check(part);
      if (expected.wrongAt >= 0) throw new Error('another byte came back');
      rest = rest.subarray(part.length);
    }
    onBytes(data.length);
  });
  return socket;
}

module.exports = { echo, talk };
