import * as net from 'node:net';
import { BoundSocket } from './bound-socket.js';
import { KernelOptions } from './kernel-options.js';
import { ProxyProtocolServerOptions } from './proxy-protocol.js';

/** Options of `server.listen()`. */
export interface ListenOptions extends Omit<net.ListenOptions, 'handle'> {
  /** Port to listen on; 0 lets the system choose one. */
  port?: number | undefined;
  /** Address or host name to listen on. Default: `'::'`, or `'0.0.0.0'` where there is no IPv6. */
  host?: string | undefined;
  /** Unix-domain socket to listen on; ignored if `port` is given. */
  path?: string | undefined;
  /** Listen on a socket that is bound already. */
  handle?: BoundSocket<net.AddressInfo | string> | undefined;
  /** Listen on this descriptor. */
  fd?: number | undefined;
  /** Listen on the descriptor to which a service manager has given this name (LISTEN_FDNAMES): see `listenDescriptors()`. */
  fdName?: string | undefined;
  /** How many connections may wait to be accepted. Default: `511`. */
  backlog?: number | undefined;
  /** Do not share the port with the other workers of a cluster. Default: `false`. */
  exclusive?: boolean | undefined;
  /** Listen on IPv6 only, not on IPv4 as well (IPV6_V6ONLY). Default: `false`. */
  ipv6Only?: boolean | undefined;
  /** Let several sockets bind the same address, and the kernel share connections out (SO_REUSEPORT). Default: `false`. */
  reusePort?: boolean | undefined;
  /** Everybody may read from the Unix-domain socket. Default: `false`. */
  readableAll?: boolean | undefined;
  /** Everybody may write to the Unix-domain socket. Default: `false`. */
  writableAll?: boolean | undefined;
  /**
   * Whether `close()` removes `path`: `'own'` if it is still the socket that this server has made there, and not that
   * of another server since. Default: `true`.
   */
  unlinkOnClose?: boolean | 'own' | undefined;
  /** Closes the server when it is aborted. */
  signal?: AbortSignal | undefined;
  /** As of `createServer()`, which it overrides. */
  proxyProtocol?: boolean | 'required' | 'optional' | ProxyProtocolServerOptions | null | undefined;
}

/** Options of `createServer()`; those of sockets apply to each connection accepted. */
export interface ServerOpts extends net.ServerOpts, KernelOptions {
  /** Keep the writable side open when the other end has ended. Default: `false`. */
  allowHalfOpen?: boolean | undefined;
  /** Read nothing from an accepted connection, so that it can be handed to another process. Default: `false`. */
  pauseOnConnect?: boolean | undefined;
  /**
   * Connections begin with a PROXY header, of version 1 or 2. `'connection'` comes when it is read. `true` is
   * `'required'`. Default: `false`.
   */
  proxyProtocol?: boolean | 'required' | 'optional' | ProxyProtocolServerOptions | null | undefined;
  /** Addresses whose connections are dropped. */
  blockList?: net.BlockList | undefined;
  /** Send small writes at once, without Nagle's algorithm (TCP_NODELAY). Default: `false`. */
  noDelay?: boolean | undefined;
  /** Switch keep-alive probes on (SO_KEEPALIVE). Default: `false`. */
  keepAlive?: boolean | undefined;
  /** Milliseconds of silence before the first keep-alive probe; 0 leaves the system's value. Default: `0`. */
  keepAliveInitialDelay?: number | undefined;
  /**
   * Take bytes that come with the SYN (TCP_FASTOPEN, RFC 7413, Linux, if `net.ipv4.tcp_fastopen` allows it): how many
   * connections may wait for the rest of their handshake; `true`: 256. Default: `false`.
   */
  fastOpen?: boolean | number | undefined;
  /**
   * Milliseconds for which a connection without bytes is not accepted (TCP_DEFER_ACCEPT, Linux), in whole seconds, which
   * the kernel rounds. 0: every connection is. Default: `0`.
   */
  deferAccept?: number | undefined;
  /** As of a Socket, for accepted connections. Default: `true`. */
  destroyOnIterationEnd?: boolean | undefined;
  /** How many bytes may be buffered in each direction before backpressure sets in. */
  highWaterMark?: number | undefined;
}

/** Options of `server.shutdown()`. */
export interface ShutdownOptions {
  /** Milliseconds after which the connections that are still open are destroyed; 0 destroys all at once. Default: never. */
  grace?: number | null | undefined;
  /** Destroys them when it is aborted, however much of `grace` is left. */
  signal?: AbortSignal | undefined;
}
