// rsnet can stand wherever the built-in net is expected.

import builtin from 'node:net';
import * as builtinNames from 'node:net';
import { createServer as createHttpServer, Agent } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import rsnet, { Server, Socket, Stream, connect, createServer } from 'rsnet';
import * as names from 'rsnet';

const whole: typeof builtin = rsnet;
const wholeNames: typeof builtinNames = names;
const socket: builtin.Socket = new Socket();
const server: builtin.Server = new Server();
const back: Socket = new Stream();

function usesBuiltin(connection: builtin.Socket): number {
  return connection.bytesRead;
}
usesBuiltin(connect(1, 'localhost'));
createServer((connection) => usesBuiltin(connection)).on('connection', usesBuiltin);
createServer((connection: builtin.Socket) => usesBuiltin(connection));
rsnet.createServer({ pauseOnConnect: true }, usesBuiltin);

createHttpServer().emit('connection', connect('/tmp/socket'));
connectTls({ socket: connect(443) });
new Agent().createConnection = (options) => connect({ host: 'localhost', port: 80, ...(options as object) });
await pipeline(connect(1), connect({ path: '/tmp/socket' }));

export { whole, wholeNames, socket, server, back };
