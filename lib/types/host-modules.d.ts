// Members of Node's modules that Node does not document. lib/types/host.d.ts has the types that are named here.

import * as net from 'node:net';
import 'node:cluster';
import 'node:tls';

declare module 'node:net' {
  interface SocketConstructorOpts {
    manualStart?: boolean;
  }

  interface Socket {
    get _handle(): AnyHandle;
    set _handle(handle: object | null);
    /** Of HTTP. */
    _httpMessage: HostRequest | null;
    /** The Socket below one of TLS. */
    _parent: any;
    _host: string | null;
    _hadError: boolean;
    _closeAfterHandlingError: boolean;
    resetAndClosing: boolean;
    blockList?: net.BlockList;
    _sockname: SocketName | null | undefined;
    _peername: SocketName | undefined;
    _pendingData: any;
    _pendingEncoding: string;
    readonly _bytesDispatched: number;
    _getsockname(): SocketName;
    _getpeername(): SocketName;
    _onTimeout(): void;
    _unrefTimer(): void;
    _reset(): void;
    /** Of HTTP. */
    parser: HostParser | null;
    _writeGeneric(several: boolean, data: Buffer | string | object[], encoding: string, cb: (error?: Error) => void): unknown;
  }

  interface BlockList {
    check(address: string, version: string): boolean;
  }

  interface Server {
    get _handle(): AnyHandle;
    set _handle(handle: object | null);
    _connectionKey: string;
    _connections: number;
    _listeningId: number;
    _pipeName?: string;
    _unref: boolean;
    _usingWorkers: boolean;
    _workers: any[];
    allowHalfOpen: boolean;
    blockList?: net.BlockList;
    highWaterMark: number;
    keepAlive: boolean;
    keepAliveInitialDelay: number;
    noDelay: boolean;
    pauseOnConnect: boolean;
    _emitCloseIfDrained(): void;
    _listen2(
      address: string | null, port: number | null, addressType: number | null, backlog?: number, fd?: number,
      flags?: number): void;
    /** Of HTTP. */
    closeIdleConnections?(): void;
  }

  function _createServerHandle(
    address: string | null, port: number, addressType: number, fd?: number, flags?: number): HostHandle | number;
  function _normalizeArgs(args: unknown[]): [options: Options, callback: Function | null];
  const _setSimultaneousAccepts: Function | undefined;
  const _TransferredBoundSocket: Function | undefined;
  /** Since Node 27. */
  const promises: object | undefined;
}

declare module 'node:cluster' {
  interface Cluster {
    _getServer(
      server: net.Server, options: object, callback: (status: number, handle: AnyHandle) => void): void;
  }
}

declare module 'node:tls' {
  interface TLSSocketOptions {
    pipe?: boolean;
  }
}

declare module 'node:stream' {
  interface Readable {
    _readableState: ReadableState;
  }
  interface Writable {
    /** The chunks that wait. */
    readonly writableBuffer: object[] | undefined;
    _writableState: WritableState;
  }
  interface Duplex {
    _writableState: WritableState;
    _undestroy(): void;
  }
}

declare global {
  interface Buffer {
    utf8Write(string: string, offset: number, length: number): number;
    latin1Write(string: string, offset: number, length: number): number;
    latin1Slice(start: number, end: number): string;
    ucs2Write(string: string, offset: number, length: number): number;
  }

  namespace NodeJS {
    interface Process {
      _getActiveHandles(): object[];
      _getActiveRequests(): object[];
      _tickCallback(): void;
      binding(module: string): any;
      moduleLoadList: string[];
    }
    interface ProcessReport {
      excludeNetwork: boolean;
    }
  }
}
