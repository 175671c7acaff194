import * as net from 'node:net';
import { BoundSocket } from './bound-socket.js';
import { KernelOptions } from './kernel-options.js';
import { ProxyProtocolConnectOpts } from './proxy-protocol.js';

/** The bound on a connect. */
export interface ConnectTimeoutOpts {
  /**
   * Milliseconds from `connect()` to `'connect'`, the lookup and every attempt included. When they are over, the socket is
   * destroyed with `ERR_SOCKET_CONNECTION_TIMEOUT`. Default: `0`, which is no bound.
   */
  connectTimeout?: number | undefined;
}

/** What aborts a connect. */
export interface ConnectSignalOpts {
  /**
   * Destroys the socket with an `AbortError` if it is aborted while the socket connects. The signal of `net.connect()` and
   * of `new Socket()` does so at any time.
   */
  signal?: AbortSignal | undefined;
}

/** Options of `socket.connect()` for TCP. */
export interface TcpSocketConnectOpts extends
  Omit<net.TcpSocketConnectOpts, 'autoSelectFamily'>, ConnectTimeoutOpts, ConnectSignalOpts, ProxyProtocolConnectOpts {
  /**
   * Try the addresses of a host in turn, the two families in alternation. An attempt without an answer goes on beside the
   * next one, and the first that connects wins. `'sequential'` gives it up then, as Node does. Default:
   * `getDefaultAutoSelectFamily()`.
   */
  autoSelectFamily?: boolean | 'sequential' | undefined;
}
/** Options of `socket.connect()` for Unix-domain sockets; a path that starts with `'\0'` is an abstract name (Linux). */
export interface IpcSocketConnectOpts
  extends net.IpcSocketConnectOpts, ConnectTimeoutOpts, ConnectSignalOpts, ProxyProtocolConnectOpts {}
/** Options of `socket.connect()`. */
export type SocketConnectOpts = TcpSocketConnectOpts | IpcSocketConnectOpts;

/** Options of `new Socket()`. */
export interface SocketConstructorOpts extends Omit<net.SocketConstructorOpts, 'handle'>, KernelOptions {
  /** Adopt this descriptor of a stream socket. */
  fd?: number | undefined;
  /** Adopt a bound socket: it is the local end of the connection made with `connect()`. */
  handle?: BoundSocket<net.AddressInfo | string> | undefined;
  /** Addresses to which `connect()` refuses to go (`ERR_IP_BLOCKED`). */
  blockList?: net.BlockList | undefined;
  /** Send small writes at once, without Nagle's algorithm (TCP_NODELAY). Default: `false`. */
  noDelay?: boolean | undefined;
  /** Switch keep-alive probes on once connected (SO_KEEPALIVE). Default: `false`. */
  keepAlive?: boolean | undefined;
  /** Milliseconds of silence before the first keep-alive probe; 0 leaves the system's value. Default: `0`. */
  keepAliveInitialDelay?: number | undefined;
  /** Type of Service (IPv4) or Traffic Class (IPv6) of the packets sent: 0 to 255. */
  typeOfService?: number | undefined;
  /**
   * Send the first bytes with the SYN, once the peer has given a cookie (TCP_FASTOPEN_CONNECT, RFC 7413, Linux).
   * `'connect'` may then come before there is a connection, which the first write makes. Default: `false`.
   */
  fastOpen?: boolean | undefined;
  /**
   * Whether a half-open socket that `for await` has read to its end is destroyed, and so cannot be written to any more.
   * One that the loop has left before is destroyed anyway. Default: `true`, which is what the Node at hand does.
   */
  destroyOnIterationEnd?: boolean | undefined;
  /** How many bytes may be buffered in each direction before backpressure sets in. */
  highWaterMark?: number | undefined;
}

/** Options of `net.connect()` for TCP. */
export interface TcpNetConnectOpts extends TcpSocketConnectOpts, SocketConstructorOpts {
  /** Milliseconds of idleness after which `'timeout'` is emitted, set before the connection is started. */
  timeout?: number | undefined;
}

/** Options of `net.connect()` for Unix-domain sockets. */
export interface IpcNetConnectOpts extends IpcSocketConnectOpts, SocketConstructorOpts {
  /** Milliseconds of idleness after which `'timeout'` is emitted, set before the connection is started. */
  timeout?: number | undefined;
}

/** Options of `net.connect()`. */
export type NetConnectOpts = TcpNetConnectOpts | IpcNetConnectOpts;

/** Options of `socket.setKeepAlive()`. */
export interface SetKeepAliveOptions {
  /** Whether probes are sent. Default: `false`. */
  enable?: boolean | undefined;
  /** Milliseconds of silence before the first probe (TCP_KEEPIDLE); 0 leaves the value as it is. Default: `0`. */
  initialDelay?: number | undefined;
  /** Milliseconds between two probes (TCP_KEEPINTVL). Default: `1000`. */
  interval?: number | undefined;
  /** How many unanswered probes end the connection (TCP_KEEPCNT). Default: `10`. */
  count?: number | undefined;
}
