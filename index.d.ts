/// <reference types="node" />

/**
 * rsnet: Node's `net` on a Rust engine.
 *
 * The declarations build on those of `node:net`, so that an rsnet object can be passed wherever one of `node:net` is
 * expected, and add what is newer than the installed `@types/node`: rsnet offers the API of the newest Node on every
 * Node from 20 up.
 */

import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { PeerCredentials, Stats, TcpInfo } from './types/connection-info.js';
import { KernelOptionMethods, KernelOptions } from './types/kernel-options.js';
import {
  ProxyProtocolConnectOpts, ProxyProtocolInfo, ProxyProtocolServerOptions,
} from './types/proxy-protocol.js';
import { SendableFile, SendFileOptions, SendResponseFileOptions } from './types/send-file.js';

export * from './types/connection-info.js';
export * from './types/kernel-options.js';
export * from './types/proxy-protocol.js';
export * from './types/send-file.js';

declare module 'node:net' {
  interface SocketEventMap {
    /** With `receiveDescriptors`: descriptors have arrived, which the listener owns, with data that comes by no other event. */
    descriptors: [descriptors: number[], data: Buffer];
  }
}

/**
 * What runs the sockets: `'rsnet'`, or `'node'` where no binary of rsnet loads and the host's own `net` stands in. Not
 * enumerable. `rsnet/register` gives it to `net`, too.
 */
export const engine: 'rsnet' | 'node';

/**
 * Send a file as the body of a response, and end the response. `Content-Length` is set if no headers were sent and nothing
 * else tells the length. If something fails once the headers are sent, the response is destroyed. Not enumerable.
 * @returns how many bytes of the file were sent
 */
export function sendFile(
  response: http.ServerResponse | http2.Http2ServerResponse,
  file: SendableFile,
  options?: SendResponseFileOptions,
): Promise<number>;

/**
 * The sockets that a service manager has opened for this process, as systemd does (LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES, sd_listen_fds(3)); empty without one. `name` is `'unknown'` where it has none. Not enumerable.
 */
export function listenDescriptors(): Array<{ fd: number; name: string }>;

/** What the sockets of this thread do and have done. Throws without a binary. Not enumerable. */
export function stats(): Stats;

/** `net` by promises. Also `rsnet/promises`. Not enumerable where the host's `net` does not have it. */
export * as promises from './promises.js';

/** An IP address, its family (`'IPv4'` or `'IPv6'`) and a port. */
export type AddressInfo = net.AddressInfo;
/** A function in place of `dns.lookup`, as the `lookup` option takes it. */
export type LookupFunction = net.LookupFunction;
/** The `onread` option: one buffer that is used again and again, instead of `'data'` events. */
export type OnReadOpts = net.OnReadOpts;
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
/** Values of `socket.readyState`. */
export type SocketReadyState = net.SocketReadyState;
/** What a `'drop'` event tells of the connection that was refused; nothing for a Unix-domain socket. */
export type DropArgument = net.DropArgument;
/** Name of an IP version, as `BlockList` and `SocketAddress` take it. */
export type IPVersion = net.IPVersion;
/** Options of `new SocketAddress()`. */
export type SocketAddressInitOptions = net.SocketAddressInitOptions;

/** Options of `new Socket()`. */
export interface SocketConstructorOpts extends Omit<net.SocketConstructorOpts, 'handle'>, KernelOptions {
  /** Adopt this descriptor of a stream socket. */
  fd?: number | undefined;
  /** Adopt a bound socket: it is the local end of the connection made with `connect()`. */
  handle?: BoundSocket<AddressInfo | string> | undefined;
  /** Addresses to which `connect()` refuses to go (`ERR_IP_BLOCKED`). */
  blockList?: BlockList | undefined;
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

/** What `socket.sendDescriptors()` can send: a descriptor, or what has one, such as a FileHandle. */
export type Descriptor = number | net.Socket | net.Server | { readonly fd: number };

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

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Socket extends KernelOptionMethods {}

/** A TCP connection or a connection through a Unix-domain socket; a `stream.Duplex`. */
export class Socket extends net.Socket {
  /** Make a socket that is not connected, unless `fd` or `handle` brings a connection. Works without `new`, too. */
  constructor(options?: SocketConstructorOpts);

  /**
   * Connect; `'connect'` tells when that is done, `'error'` that it failed.
   * @param connectionListener listener of `'connect'`
   */
  connect(options: SocketConnectOpts, connectionListener?: () => void): this;
  connect(port: number, host: string, connectionListener?: () => void): this;
  connect(port: number, connectionListener?: () => void): this;
  connect(path: string, connectionListener?: () => void): this;

  /**
   * Switch keep-alive probes on or off, and say when they are sent. Before the connection is made, the settings are kept
   * and applied once it is.
   */
  setKeepAlive(options: SetKeepAliveOptions): this;
  /**
   * Switch keep-alive probes on or off, and say when they are sent.
   * @param enable whether probes are sent; default `false`
   * @param initialDelay milliseconds of silence before the first probe; 0 leaves the value as it is
   * @param interval milliseconds between two probes; default 1000
   * @param count how many unanswered probes end the connection; default 10
   */
  setKeepAlive(enable?: boolean, initialDelay?: number, interval?: number, count?: number): this;

  /** The Type of Service (IPv4) or Traffic Class (IPv6) of the packets sent; the value to be set, while not connected. */
  getTypeOfService(): number;
  /**
   * Set the Type of Service (IPv4) or Traffic Class (IPv6) of the packets sent. The system may ignore some of the bits.
   * @param tos 0 to 255
   */
  setTypeOfService(tos: number): this;

  /**
   * What the system knows of the TCP connection (TCP_INFO, Linux); `undefined` without one. Throws for a Unix-domain
   * socket (`ERR_INVALID_HANDLE_TYPE`).
   */
  info(): TcpInfo | undefined;
  /**
   * Who the peer of a Unix-domain socket was when it connected, or when it listened (SO_PEERCRED, Linux); `undefined`
   * without a connection. Throws for a TCP socket (`ERR_INVALID_HANDLE_TYPE`).
   */
  peerCredentials(): PeerCredentials | undefined;
  /**
   * Write data, and give the peer copies of descriptors with its first byte (SCM_RIGHTS, Linux). They stay open here, and
   * may be closed at once. Of a Unix-domain socket only (`ERR_INVALID_HANDLE_TYPE`).
   * @param descriptors 1 to 253
   * @param data at least one byte
   * @param callback called as that of `write()`
   * @returns as `write()`: false if the program should wait for `'drain'`
   */
  sendDescriptors(descriptors: readonly Descriptor[], data: string | Uint8Array, callback?: (error?: Error | null) => void): boolean;
  /**
   * Where the peer connected to, before netfilter redirected the connection (SO_ORIGINAL_DST, Linux); `undefined` without
   * one, and where netfilter does not track it. Throws for a Unix-domain socket (`ERR_INVALID_HANDLE_TYPE`).
   */
  originalDestination(): AddressInfo | undefined;
  /** Whether this is a connection of Multipath TCP, and has not become one of TCP. */
  readonly isMptcp: boolean;

  /**
   * Send a file, or a part of it, behind what was written before; what is written afterwards waits for it. The socket is
   * not ended. On Linux by sendfile(2), without reading the file.
   * @returns how many bytes were sent
   */
  sendFile(file: SendableFile, options?: SendFileOptions): Promise<number>;

  /** End the connection with a RST instead of a FIN, and destroy the socket. TCP only (`ERR_INVALID_HANDLE_TYPE`). */
  resetAndDestroy(): this;
  /** End the writable side, and destroy the socket as soon as everything written has been handed to the system. */
  destroySoon(): void;

  /** Each address, as `address:port`, that was tried with `autoSelectFamily`; undefined until `connect()` tried several. */
  readonly autoSelectFamilyAttemptedAddresses: string[];
  /** What the PROXY header of the connection says; `undefined` where there was none. */
  proxy?: ProxyProtocolInfo;
  /** The server that accepted this connection; null for a socket made otherwise. */
  readonly server: Server | null;
}

/** The same as `Socket`, under its oldest name. */
export { Socket as Stream };

/** Options of `new BoundSocket()` for TCP; those of the system are set before bind(2). */
export interface BoundSocketOptions extends KernelOptions {
  /** Numeric IP address to bind; names are not resolved. Default: `'0.0.0.0'`, or `'::'` with `ipv6Only`. */
  host?: string | undefined;
  /** Port to bind; 0 lets the system choose one. Default: `0`. */
  port?: number | undefined;
  /** Bind IPv6 only, not IPv4 as well (IPV6_V6ONLY). Default: `false`. */
  ipv6Only?: boolean | undefined;
  /** Let several sockets bind the same address, and the kernel share connections out (SO_REUSEPORT). Default: `false`. */
  reusePort?: boolean | undefined;
}

/** Options of `new BoundSocket()` for Unix-domain sockets; those of the system are set before bind(2). */
export interface BoundPathOptions extends KernelOptions {
  /** Path to bind; one that starts with `'\0'` is an abstract name (Linux). */
  path: string;
}

/** A socket that is bound, to be given to `server.listen()` or `new Socket({ handle })`, which then own it. */
export interface BoundSocket<Address extends AddressInfo | string = AddressInfo> {
  /** The address and port, or the path. Throws `ERR_SOCKET_HANDLE_ADOPTED` once it has been given away. */
  address(): Address;
  /** The descriptor, which must not be closed. Throws `ERR_SOCKET_HANDLE_ADOPTED` once it has been given away. */
  fd(): number;
  /** Close it. Throws `ERR_SOCKET_HANDLE_ADOPTED` once it has been given away. */
  close(): void;
  /** Close it, unless it is closed or has been given away. */
  [Symbol.dispose](): void;
}

/** How a `BoundSocket` is made. */
export interface BoundSocketConstructor {
  readonly prototype: BoundSocket;
  /**
   * Bind a path.
   * @throws the error of bind(2), such as `EADDRINUSE`
   */
  new (options: BoundPathOptions): BoundSocket<string>;
  /**
   * Bind a TCP address.
   * @throws the error of bind(2), such as `EADDRINUSE`
   */
  new (options?: BoundSocketOptions): BoundSocket;
}

/** A socket that is bound before anybody listens or connects with it. */
export const BoundSocket: BoundSocketConstructor;

/** Options of `server.listen()`. */
export interface ListenOptions extends Omit<net.ListenOptions, 'handle'> {
  /** Port to listen on; 0 lets the system choose one. */
  port?: number | undefined;
  /** Address or host name to listen on. Default: `'::'`, or `'0.0.0.0'` where there is no IPv6. */
  host?: string | undefined;
  /** Unix-domain socket to listen on; ignored if `port` is given. */
  path?: string | undefined;
  /** Listen on a socket that is bound already. */
  handle?: BoundSocket<AddressInfo | string> | undefined;
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
  blockList?: BlockList | undefined;
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

/** The events of a server, and what their listeners are given. */
export interface ServerEvents {
  /** The server is closed, and so is every connection. */
  close: [];
  /** A connection has been accepted. */
  connection: [socket: Socket];
  /** The server could not listen, or accept. */
  error: [error: Error];
  /** `listen()` has succeeded. */
  listening: [];
  /** A connection was refused because of `maxConnections` or `blockList`. */
  drop: [data?: DropArgument];
  /** A connection was destroyed because of its PROXY header. */
  proxyError: [error: Error, socket: Socket];
}

/** Listens on a TCP port or a Unix-domain socket. */
export class Server extends net.Server {
  /**
   * Make a server that does not listen yet. Works without `new`, too.
   * @param connectionListener listener of `'connection'`
   */
  constructor(connectionListener?: (socket: Socket) => void);
  constructor(options?: ServerOpts, connectionListener?: (socket: Socket) => void);

  /**
   * Start to listen; `'listening'` tells when that is done, `'error'` that it failed.
   * @param port 0 lets the system choose one
   * @param hostname address or host name; default `'::'`, or `'0.0.0.0'` where there is no IPv6
   * @param backlog how many connections may wait to be accepted; default 511
   * @param listeningListener listener of `'listening'`
   */
  listen(port?: number, hostname?: string, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, hostname?: string, listeningListener?: () => void): this;
  listen(port?: number, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, listeningListener?: () => void): this;
  /** Start to listen on a Unix-domain socket. */
  listen(path: string, backlog?: number, listeningListener?: () => void): this;
  listen(path: string, listeningListener?: () => void): this;
  /** Start to listen as the options say. */
  listen(options: ListenOptions, listeningListener?: () => void): this;
  /** Start to listen on a bound socket, or on whatever has a descriptor: `fd`, `_handle`. */
  listen(handle: any, backlog?: number, listeningListener?: () => void): this;
  listen(handle: any, listeningListener?: () => void): this;

  /**
   * The connections that are open now and that this process has accepted. Each look gives a Set of its own. A program may
   * put anything else in its place. (`number` is what the types of Node still say of it.)
   */
  connections: number & ReadonlySet<Socket>;
  /** Destroy every connection that is open in this process. The server goes on listening. */
  closeAllConnections(): void;
  /**
   * Stop listening, end the idle connections, and destroy the rest when `grace` is over. The promise is fulfilled when all
   * are closed, with how many were destroyed.
   */
  shutdown(options?: ShutdownOptions): Promise<number>;

  /**
   * Accept no connections until `resume()`; they wait. The server goes on listening. Before `listen()`, it begins so.
   * Throws `ERR_FEATURE_UNAVAILABLE_ON_PLATFORM` where another process accepts for this one, and without a binary.
   */
  pause(): this;
  /** Accept connections again, those that have waited first. */
  resume(): this;

  /** When this many connections are open, further ones are dropped. */
  maxConnections: number;
  /** In a cluster: whether a connection beyond `maxConnections` is closed, instead of given to another worker. */
  dropMaxConnection: boolean;
  /** Stop listening; the promise settles once every connection has ended. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Each connection, until `'close'`; rejects with what `'error'` brings. The server goes on accepting while the loop's
   * body runs, until 128 connections wait.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Socket>;

  addListener<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;
  on<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;
  prependListener<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
  prependOnceListener<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  prependOnceListener(event: string | symbol, listener: (...args: any[]) => void): this;
}

/**
 * Make a server.
 * @param connectionListener listener of `'connection'`
 */
export function createServer(connectionListener?: (socket: Socket) => void): Server;
export function createServer(options?: ServerOpts, connectionListener?: (socket: Socket) => void): Server;

/**
 * Make a socket and connect it.
 * @param options where to, how, and the options of the socket
 * @param connectionListener listener of `'connect'`
 */
export function connect(options: NetConnectOpts, connectionListener?: () => void): Socket;
/**
 * Make a socket and connect it over TCP.
 * @param port where to
 * @param host default `'localhost'`
 * @param connectionListener listener of `'connect'`
 */
export function connect(port: number, host?: string, connectionListener?: () => void): Socket;
export function connect(port: number, connectionListener?: () => void): Socket;
/**
 * Make a socket and connect it to a Unix-domain socket.
 * @param path where to
 * @param connectionListener listener of `'connect'`
 */
export function connect(path: string, connectionListener?: () => void): Socket;

/** The same as `connect()`. */
export const createConnection: typeof connect;

/** Options of `net.relay()`. */
export interface RelayOptions {
  /** Destroys both sockets when it is aborted. The promise rejects with an `AbortError`. */
  signal?: AbortSignal | undefined;
}

/** What `net.relay()` fulfils with: how many bytes were moved. */
export interface RelayCounts {
  /** From the first socket to the second one. */
  aToB: number;
  /** From the second socket to the first one. */
  bToA: number;
}

/**
 * Move bytes both ways between two sockets until both have ended. On Linux they do not pass JavaScript. The sockets belong
 * to the relay meanwhile: nobody else reads or writes them. Rejects with the error of a socket; both are destroyed then.
 * Not enumerable.
 */
export function relay(a: net.Socket, b: net.Socket, options?: RelayOptions): Promise<RelayCounts>;

/** Rules on IP addresses: the class of the running Node. */
export import BlockList = net.BlockList;
/** An IP address and port: the class of the running Node. */
export import SocketAddress = net.SocketAddress;

/** 4 or 6 for an IPv4 or IPv6 address, 0 for anything else. */
export const isIP: typeof net.isIP;
/** Whether a string is an IPv4 address in dotted decimal, without leading zeros. */
export const isIPv4: typeof net.isIPv4;
/** Whether a string is an IPv6 address. */
export const isIPv6: typeof net.isIPv6;

/** Whether `autoSelectFamily` is on for connections that do not say. */
export const getDefaultAutoSelectFamily: typeof net.getDefaultAutoSelectFamily;
/** Set whether `autoSelectFamily` is on for connections that do not say. */
export const setDefaultAutoSelectFamily: typeof net.setDefaultAutoSelectFamily;
/** Milliseconds that one address is given before the next is tried, for connections that do not say. */
export const getDefaultAutoSelectFamilyAttemptTimeout: typeof net.getDefaultAutoSelectFamilyAttemptTimeout;
/** Set how many milliseconds one address is given before the next is tried; less than 10 counts as 10. */
export const setDefaultAutoSelectFamilyAttemptTimeout: typeof net.setDefaultAutoSelectFamilyAttemptTimeout;
