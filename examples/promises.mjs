// A server and a client by promises, and `for await` over the connections:
//
//   node examples/promises.mjs

import { connect, listen } from 'rsnet/promises';

const server = await listen({ port: 0, host: '127.0.0.1' });

async function serve() {
  // Handling is not awaited in the loop, so that the next connection does not wait for it.
  for await (const socket of server) socket.pipe(socket);
}

const serving = serve();

const { port, address } = server.address();
const socket = await connect(port, address);
socket.setEncoding('utf8');
socket.end('hello by promises');
for await (const text of socket) console.log(text);

server.close();
await serving;
