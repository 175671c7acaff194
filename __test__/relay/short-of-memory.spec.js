'use strict';

/* global net -- given by spawnNode to the code of a child */

// The thread of `net.relay()` while the kernel is short of memory: it tries again after a pause, and loses nothing.

const { constants: { errno } } = require('os');
const { builtin, collect, listen, once, spawnNode } = require('../helpers');
const { buildInjector } = require('../helpers/inject');
const { pattern } = require('../helpers/relayed');

const { library, reason, remove } = buildInjector();
afterAll(remove);

/** How often the call fails, and the milliseconds of a pause (PAUSE in src/engine/relay/thread.rs). */
const TIMES = 20;
const PAUSE = 5;

/** Relays between two ports, and has the calls of the thread fail from then on. */
async function program() {
  const { accessSync } = require('fs');
  const { relayBy } = require('./lib/api/relay');
  const { engineMover } = require('./lib/api/relay-engine');
  const [call, number, times, ...ports] = process.argv.slice(1);
  const [a, b] = ports.map((port) => net.connect(port, '127.0.0.1'));
  await Promise.all([a, b].map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const done = relayBy(engineMover, 0)(a, b);
  const isOpen = () => Object.getOwnPropertyDescriptor(a._handle, 'readStart') !== undefined;
  while (!isOpen()) await new Promise(setImmediate);
  const begun = performance.now();
  accessSync(`/inject/${call}/${number}/${times}/0`);
  process.send('armed');
  const moved = await done;
  accessSync(`/inject/left/${call}`);
  process.send({ moved, took: performance.now() - begun });
  process.disconnect();
}

(library ? describe : describe.skip)(`a relay without memory ${reason}`, () => {
  test.each([
    ['read', 'ENOMEM', 'a few bytes', 5], ['read', 'ENOBUFS', 'bulk', 3_000_000],
    ['write', 'ENOBUFS', 'a few bytes', 5], ['write', 'ENOMEM', 'bulk', 3_000_000],
  ])(
    '%s gives %s, %s', async (call, name, _title, size) => {
      const servers = await Promise.all([1, 2].map(() => listen(builtin, { allowHalfOpen: true })));
      const connections = Promise.all(servers.map((server) => once(server, 'connection')));
      const messages = [];
      let armed;
      const isArmed = new Promise((resolve) => { armed = resolve; });
      const ended = spawnNode('rsnet', program, {
        env: { LD_PRELOAD: library },
        args: [call, errno[name], TIMES, ...servers.map((server) => server.at.port)].map(String),
        stdio: ['ipc'],
        onStart: (child) => child.on('message', (message) => {
          messages.push(message);
          armed();
        }),
      });
      const [[left], [right]] = await connections;
      await Promise.race([isArmed, ended]);
      left.end(pattern(size));
      right.end();
      const got = await collect(right);
      expect(got.equals(pattern(size))).toBe(true);
      left.resume();
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      expect(messages).toEqual(['armed', { moved: { aToB: size, bToA: 0 }, took: expect.any(Number) }]);
      // Both directions may share a pause. A slow machine makes it more, and without pauses it is a fraction of this.
      expect(messages[1].took).toBeGreaterThan((TIMES / 4) * PAUSE);
    });
});
