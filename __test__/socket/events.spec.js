'use strict';

const { closed, closedPort, once, tempPath, traceTest } = require('../helpers');

const phase = ['connecting', 'pending', 'destroyed', 'readyState', 'readable', 'writable'];

/** Each scenario over TCP and over a Unix-domain socket. */
for (const [kind, where] of [
  ['TCP', () => ({})],
  ['Unix', () => ({ listen: tempPath() })],
]) {
  describe(`${kind}: the life of a connection`, () => {
    traceTest('the server ends, the client follows', async (t) => {
      const server = await t.listen(where(), (peer) => {
        t.watch(peer, 'peer', { props: phase });
        peer.resume();
        peer.end('goodbye');
      });
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      t.note('client', 'made', ...phase.map((name) => socket[name]));
      socket.on('data', () => {});
      await Promise.all([closed(socket), once(server, 'connection').then(([peer]) => closed(peer))]);
    });

    traceTest('the client ends, the server follows', async (t) => {
      const server = await t.listen(where(), (peer) => t.watch(peer, 'peer', { props: phase }).resume());
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      socket.resume();
      t.call('client', 'end', () => socket.end('request', t.callback('client', 'end callback')));
      await Promise.all([closed(socket), once(server, 'connection').then(([peer]) => closed(peer))]);
    });

    traceTest('a request, an answer, and the end', async (t) => {
      let accepted;
      const server = await t.listen(where(), (peer) => {
        accepted = t.watch(peer, 'peer');
        peer.once('data', (data) => {
          t.call('peer', 'write', () => peer.write(data, t.callback('peer', 'written')));
          t.call('peer', 'end', () => peer.end(t.callback('peer', 'ended')));
        });
      });
      const socket = t.watch(t.net.connect(server.at), 'client');
      socket.on('data', () => {});
      await once(socket, 'ready');
      t.call('client', 'write', () => socket.write('request', t.callback('client', 'written')));
      await closed(socket);
      await closed(accepted);
      t.note('client', socket.bytesRead, socket.bytesWritten);
    });

    traceTest('ticks around connect, ready, data, end and close', async (t) => {
      const server = await t.listen(where(), (peer) => {
        peer.resume();
        peer.once('data', () => peer.end('answer'));
      });
      const socket = t.watch(t.net.connect(server.at), 'client', { except: ['resume', 'pause'] });
      for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'close']) {
        socket.on(event, () => t.ticks('client', event));
      }
      socket.write('question', () => t.ticks('client', 'write callback'));
      t.ticks('client', 'connect() called');
      await closed(socket);
      await new Promise((resolve) => setImmediate(resolve));
    });

    traceTest('destroy in the connect listener', async (t) => {
      const server = await t.listen(where());
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      socket.on('connect', () => {
        socket.destroy();
        t.ticks('client', 'destroyed');
      });
      await closed(socket);
    });

    traceTest('destroy in the data listener', async (t) => {
      const server = await t.listen(where(), (peer) => peer.write('some data'));
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      socket.on('data', () => {
        t.call('client', 'destroy', () => socket.destroy());
        t.ticks('client', 'destroyed');
      });
      await closed(socket);
    });

    traceTest('destroy in the end listener', async (t) => {
      const server = await t.listen(where(), (peer) => peer.end());
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      socket.resume();
      socket.on('end', () => t.call('client', 'destroy', () => socket.destroy(new Error('late'))));
      socket.on('error', () => {});
      await closed(socket);
    });

    traceTest('destroy with an error', async (t) => {
      const server = await t.listen(where());
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      await once(socket, 'ready');
      socket.on('error', () => t.ticks('client', 'error'));
      socket.on('close', () => t.ticks('client', 'close'));
      t.call('client', 'destroy', () => socket.destroy(new TypeError('no more')));
      t.call('client', 'destroy again', () => socket.destroy(new Error('ignored')));
      t.ticks('client', 'destroy');
      await closed(socket);
    });

    traceTest('nothing is connected: error and close(true)', async (t) => {
      const at =
        kind === 'TCP'
          ? { port: t.name(await closedPort(), 'closed'), host: '127.0.0.1' }
          : { path: t.name(tempPath(), 'path') };
      const socket = t.watch(t.net.connect(at), 'client', { props: phase });
      socket.on('error', () => t.ticks('client', 'error'));
      socket.on('close', () => t.ticks('client', 'close'));
      t.ticks('client', 'connect');
      await closed(socket);
    });

    traceTest('an empty connection', async (t) => {
      const server = await t.listen(where(), (peer) => t.watch(peer, 'peer').end());
      const socket = t.watch(t.net.connect(server.at), 'client');
      socket.resume();
      await Promise.all([closed(socket), once(server, 'connection').then(([peer]) => closed(peer))]);
    });

    traceTest('the accepted side destroys at once', async (t) => {
      const server = await t.listen(where(), (peer) => t.watch(peer, 'peer').destroy());
      const socket = t.watch(t.net.connect(server.at), 'client');
      socket.resume();
      await Promise.all([closed(socket), once(server, 'connection').then(([peer]) => closed(peer))]);
    });

    traceTest('end() before the connection exists', async (t) => {
      const server = await t.listen(where(), (peer) => t.watch(peer, 'peer').on('data', () => {}));
      const socket = t.watch(t.net.connect(server.at), 'client', { props: phase });
      socket.resume();
      t.call('client', 'end', () => socket.end('early'));
      t.note('client', socket.writable, socket.readyState);
      await Promise.all([closed(socket), once(server, 'connection').then(([peer]) => closed(peer))]);
    });

    traceTest('no reader: the end is seen when reading starts', async (t) => {
      const server = await t.listen(where(), (peer) => peer.end('unread'));
      const socket = t.watch(t.net.connect(server.at), 'client');
      await once(socket, 'ready');
      await once(socket, 'readable');
      t.call('client', 'read', () => socket.read());
      t.call('client', 'read', () => socket.read());
      await closed(socket);
    });
  });
}

describe('listeners', () => {
  traceTest('are called with the socket as this', async (t) => {
    const server = await t.listen((peer) => peer.end('x'));
    const socket = t.watch(t.net.connect(server.at), 'client', { only: [] });
    for (const event of ['connect', 'ready', 'data', 'end', 'close']) {
      socket.on(event, function listener() {
        t.note('client', event, this === socket);
      });
    }
    await closed(socket);
  });

  traceTest('an internal listener is not visible beyond those of the built-in', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect(server.at), 'client', { only: [] });
    const counts = () =>
      Object.fromEntries(
        ['connect', 'ready', 'data', 'end', 'finish', 'close', 'error', 'drain', 'timeout', 'lookup'].map(
          (event) => [event, socket.listenerCount(event)],
        ),
      );
    t.note('client', counts());
    socket.write('queued until connected');
    t.note('client', counts());
    await once(socket, 'ready');
    t.note('client', counts());
  });
});
