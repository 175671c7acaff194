/** `net` by promises, as Node documents it under "`net/promises` API". Also `net.promises`. */

import type {
  IpcNetConnectOpts, ListenOptions, NetConnectOpts, Server, ServerOpts, Socket, TcpNetConnectOpts,
} from './index.js';

/** Options of `listen()`: those of `net.createServer()` and `server.listen()`. */
export interface ListenServerOptions extends ServerOpts, ListenOptions {
  /** Called for each connection. */
  connectionListener?: ((socket: Socket) => void) | undefined;
}

/**
 * Connect.
 * @param options as for `net.connect()`. `signal` aborts the attempt; it has no part in the connection once that is made
 * @returns the socket, once it is connected. Rejects with the error of the attempt, or with an `AbortError`; the socket
 *   is destroyed then
 */
export function connect(options: NetConnectOpts): Promise<Socket>;
/**
 * Connect to a Unix-domain socket.
 * @param path of the socket
 */
export function connect(path: string): Promise<Socket>;
/**
 * Connect by TCP.
 * @param port to connect to
 * @param host default: `'localhost'`
 */
export function connect(port: number, host?: string): Promise<Socket>;

/**
 * Create a server, and let it listen.
 * @param options `port`, `path` or `handle` is needed. `signal` closes the server at any time
 * @returns the server, once it listens. Rejects with the error of listening, or with an `AbortError`; the server is
 *   closed then
 */
export function listen(options?: ListenServerOptions): Promise<Server>;

export type { IpcNetConnectOpts, TcpNetConnectOpts };
