'use strict';
// packages: synckit
// quick: yes

// The thread writes, and then waits for the answer with all of it blocked.

const net = require('net');
const { isMainThread } = require('worker_threads');
const { createSyncFn, runAsWorker } = require('synckit');

/**
 * What synckit runs on a thread of its own: a server, and what it has received.
 */
function serve() {
  let text = '';
  const server = net.createServer((socket) => socket.setEncoding('utf8').on('data', (part) => {
    text += part;
    server.emit('received');
  }));
  runAsWorker(async (question, wanted) => {
    if (question === 'listen') {
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      server.unref();
      return server.address().port;
    }
    while (text.length < wanted) await new Promise((resolve) => server.once('received', resolve));
    return text;
  });
}

/** The program. */
function run() {
  const { event, main, report } = require('../kit');
  main(async () => {
    const ask = createSyncFn(__filename);
    const socket = net.connect(ask('listen'), '127.0.0.1');
    await event(socket, 'connect');
    socket.resume();
    let length = 0;
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const text of ['one ', 'two ', 'three ', `${turn} `]) {
        socket.write(text);
        length += text.length;
      }
      await report(`turn ${turn}`, ask('received', length));
    }
    socket.destroy();
    await event(socket, 'close');
    setImmediate(() => process.exit());
  });
}

if (isMainThread) run();
else serve();
