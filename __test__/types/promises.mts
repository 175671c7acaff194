// Connecting and listening by promises.

import { promises } from 'rsnet';
import { connect, listen } from 'rsnet/promises';
import type { Server, Socket } from 'rsnet';

const server: Server = await listen({
  port: 0, signal: AbortSignal.timeout(1000), pauseOnConnect: true, connectionListener: (socket) => socket.resume(),
});
const socket: Socket = await connect({ port: 80, host: 'localhost', signal: AbortSignal.timeout(1000), noDelay: true });
const others: Socket[] = [await connect(80), await connect(80, 'localhost'), await promises.connect('/tmp/x.sock')];
others.push(socket);

for await (const peer of server) {
  const accepted: Socket = peer;
  accepted.end();
}

// @ts-expect-error: a listener has no place there
await connect(80, () => {});
// @ts-expect-error: options
await listen(80);
