'use strict';

/* global net -- given by spawnNode to the code of a child */

const { implementations, spawnNode } = require('../helpers');

/**
 * Runs in a child. An attempt that gets no answer needs a listener whose backlog is full: Linux then drops
 * the handshake. The listener and the connections that fill it belong to a Python process that never accepts.
 *
 * @returns {void}
 */
const stalled = () => {
  // listen(2) with backlog 0, and connections that fill the queue.
  const python = require('child_process').spawn(
    'python3',
    [
      '-c',
      `
import socket, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
port = s.getsockname()[1]
fill = []
for i in range(4):
    c = socket.socket(); c.setblocking(False); c.connect_ex(('127.0.0.1', port)); fill.append(c)
print(port, flush=True)
sys.stdin.read()
`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  python.stdout.once('data', (text) => {
    const port = Number(text);
    const second = net.createServer((peer) => peer.end('second'));
    second.listen(port, '127.0.0.2', () => {
      const events = [];
      const socket = net.connect({
        host: 'a.invalid',
        port,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: 100,
        lookup: (host, options, callback) =>
          setImmediate(callback, null, [
            { address: '127.0.0.1', family: 4 },
            { address: '127.0.0.2', family: 4 },
          ]),
      });
      for (const event of [
        'connectionAttempt',
        'connectionAttemptTimeout',
        'connectionAttemptFailed',
        'connect',
      ]) {
        socket.on(event, (...args) => events.push([event, ...args.filter((arg) => arg !== port)]));
      }
      socket.on('error', (error) => events.push([error.name, error.code]));
      socket.resume();
      socket.on('close', () => {
        console.log(JSON.stringify(events));
        second.close();
        python.stdin.end();
      });
    });
  });
};

describe.each(implementations)('%s: an attempt without an answer', (name) => {
  test('is given up after autoSelectFamilyAttemptTimeout, and the next address is tried', async () => {
    const { stdout, stderr, timedOut } = await spawnNode(name, stalled);
    expect(stderr).toBe('');
    expect(timedOut).toBe(false);
    expect(JSON.parse(stdout)).toEqual([
      ['connectionAttempt', '127.0.0.1', 4],
      ['connectionAttemptTimeout', '127.0.0.1', 4],
      ['connectionAttempt', '127.0.0.2', 4],
      ['connect'],
    ]);
  });
});
