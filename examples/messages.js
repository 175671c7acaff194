'use strict';

// Messages over a Unix-domain socket (SOCK_SEQPACKET, Linux): no framing, since the kernel keeps their bounds.
//
//   node examples/messages.js   asks a server that adds numbers, and ends

const net = require('rsnet');

/**
 * Make a server whose answer to each message is one message.
 * @param {function(*): *} answer to what was sent as JSON
 * @returns {net.Server} that does not listen yet
 */
function service(answer) {
  return net.createServer({ seqpacket: true }, (socket) => {
    socket.on('data', (message) => socket.write(JSON.stringify(answer(JSON.parse(message)))));
  });
}

const server = service((numbers) => numbers.reduce((sum, number) => sum + number, 0));
server.listen(`\0rsnet-messages-${process.pid}`, async () => {
  const client = net.connect({ path: server.address(), seqpacket: true });
  for (const numbers of [[1, 2], [3, 4, 5], []]) client.write(JSON.stringify(numbers));
  let left = 3;
  for await (const sum of client) {
    console.log(`sum: ${sum}`);
    if (--left === 0) break;
  }
  server.close();
});
