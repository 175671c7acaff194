'use strict';

const { closed, tempPath, traceTest, turn } = require('../helpers');

/** What a listener may do to its own socket. */
const actions = {
  'destroy()': (socket) => socket.destroy(),
  'destroy(error)': (socket) => socket.destroy(new Error('from a listener')),
  'destroySoon()': (socket) => socket.destroySoon(),
  'resetAndDestroy()': (socket) => socket.resetAndDestroy(),
  'end()': (socket) => socket.end(),
  'end(data)': (socket) => socket.end('last'),
  'write()': (socket, t) => socket.write('more', t.callback('client', 'written')),
  'pause() until the next tick': (socket) => {
    socket.pause();
    process.nextTick(() => socket.resume());
  },
  'setEncoding()': (socket) => socket.setEncoding('utf8'),
  'read(0)': (socket) => socket.read(0),
  'unref() and ref()': (socket) => socket.unref().ref(),
  'cork() until the next tick': (socket) => {
    socket.cork();
    process.nextTick(() => socket.uncork());
  },
  'setTimeout()': (socket) => socket.setTimeout(60000),
};

const events = ['lookup', 'connectionAttempt', 'connect', 'ready', 'data', 'end', 'finish', 'close'];

/**
 * What the built-in itself does not survive: no handle left to connect with, and a connection that can no longer be
 * reset once its end is on the way.
 */
const left = new Set([
  'connectionAttempt destroy()',
  'connectionAttempt destroy(error)',
  'data resetAndDestroy()',
]);

for (const [kind, where] of [
  ['TCP', () => ({})],
  ['Unix', () => ({ listen: tempPath() })],
]) {
  for (const event of events) {
    // The events of name resolution do not exist for paths.
    if (kind === 'Unix' && ['lookup', 'connectionAttempt'].includes(event)) continue;
    describe(`${kind}: in the ${event} listener`, () => {
      for (const [title, action] of Object.entries(actions)) {
        if (left.has(`${event} ${title}`)) continue;
        traceTest(title, async (t) => {
          const server = await t.listen({ ...where(), allowHalfOpen: true }, (peer) => {
            peer.on('error', () => {});
            peer.pipe(peer);
          });
          const at = server.at.path
            ? server.at
            : {
                host: 'a.invalid',
                port: server.at.port,
                family: 4,
                lookup: (host, options, callback) => setImmediate(callback, null, '127.0.0.1', 4),
              };
          const socket = t.watch(t.net.connect(at), 'client', {
            // How many reads the answers take is up to the kernel.
            except: ['data', 'readable'],
            props: ['connecting', 'destroyed', 'readyState'],
          });
          socket.on('error', () => {});
          socket.once('ready', () => {
            if (socket.writable) socket.write('hello');
          });
          socket.once('data', () => {
            if (socket.writable) socket.end();
          });
          socket.once(event, () => t.call('client', title, () => action(socket, t)));
          await closed(socket);
          await turn(2);
        });
      }
    });
  }
}
