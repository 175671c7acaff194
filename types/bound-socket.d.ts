import * as net from 'node:net';
import { KernelOptions } from './kernel-options.js';

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
export interface BoundSocket<Address extends net.AddressInfo | string = net.AddressInfo> {
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
