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
import { BoundSocketConstructor } from './types/bound-socket.js';
import { PeerCredentials, Stats, TcpInfo } from './types/connection-info.js';
import { KernelOptionMethods } from './types/kernel-options.js';
import { ProxyProtocolInfo } from './types/proxy-protocol.js';
import { SendableFile, SendFileOptions, SendResponseFileOptions } from './types/send-file.js';
import { ListenOptions, ServerOpts, ShutdownOptions } from './types/server-options.js';
import { NetConnectOpts, SetKeepAliveOptions, SocketConnectOpts, SocketConstructorOpts } from './types/socket-options.js';

export * from './types/bound-socket.js';
export * from './types/connection-info.js';
export * from './types/kernel-options.js';
export * from './types/proxy-protocol.js';
export * from './types/send-file.js';
export * from './types/server-options.js';
export * from './types/socket-options.js';

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
/** Values of `socket.readyState`. */
export type SocketReadyState = net.SocketReadyState;
/** What a `'drop'` event tells of the connection that was refused; nothing for a Unix-domain socket. */
export type DropArgument = net.DropArgument;
/** Name of an IP version, as `BlockList` and `SocketAddress` take it. */
export type IPVersion = net.IPVersion;
/** Options of `new SocketAddress()`. */
export type SocketAddressInitOptions = net.SocketAddressInitOptions;

/** What `socket.sendDescriptors()` can send: a descriptor, or what has one, such as a FileHandle. */
export type Descriptor = number | net.Socket | net.Server | { readonly fd: number };

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

/** A socket that is bound before anybody listens or connects with it. */
export const BoundSocket: BoundSocketConstructor;

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
  proxyError: [error: NodeJS.ErrnoException, socket: Socket];
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
