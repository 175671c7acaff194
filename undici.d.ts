import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { TcpNetConnectOpts } from './index.js';

/** What undici asks its connector for. */
export interface ConnectTarget {
  hostname: string;
  host?: string;
  protocol: string;
  port: string;
  servername?: string;
  localAddress?: string | null;
  httpSocket?: Socket;
}

/** Options of `connector`: those of undici's own, and those of `net.connect` and `tls.connect`. */
export interface ConnectorOptions extends Omit<ConnectionOptions, 'timeout' | keyof TcpNetConnectOpts>,
  Partial<Omit<TcpNetConnectOpts, 'timeout'>> {
  /** Milliseconds for a connect with its TLS handshake; 0 = no limit. Default: 10,000. */
  timeout?: number | undefined;
  /** Offer HTTP/2. Default: false. */
  allowH2?: boolean | undefined;
  /** TLS sessions that are kept for being resumed; 0 = none. Default: 100. */
  maxCachedSessions?: number | undefined;
  /** A Unix socket to connect to, in place of the URL's host. */
  socketPath?: string | undefined;
}

/** What a connector calls back with, as undici declares it: a socket, or an error and none. */
export type ConnectResult = [error: null, socket: Socket | TLSSocket] | [error: Error, socket: null];

/** Connects for undici, and gives the socket; calls back when there is a connection or none. */
export type Connector = (
  target: ConnectTarget,
  callback: (...result: ConnectResult) => void,
) => Socket | TLSSocket;

/** A connector for undici: the option `connect` of its Agent, Client and Pool. */
export function connector(options?: ConnectorOptions): Connector;
