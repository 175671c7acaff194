// Members of Node's modules that Node does not document. lib/types/host.d.ts has the types that are named here.

import * as net from 'node:net';
import 'node:tls';

declare module 'node:net' {
  interface SocketConstructorOpts {
    manualStart?: boolean;
  }

  interface Socket {
    _handle: any;
    _httpMessage: object | null;
    _parent: net.Socket | null;
    /** Of HTTP. */
    parser: HostParser | null;
    _writeGeneric(several: boolean, data: Buffer | string | object[], encoding: string, cb: (error?: Error) => void): unknown;
  }

  function _createServerHandle(
    address: string | null, port: number, addressType: number, fd?: number, flags?: number): HostHandle | number;
  function _normalizeArgs(args: unknown[]): [options: object, callback: Function | null];
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
