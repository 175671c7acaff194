// Members of rsnet's Sockets and Servers that its declarations do not publish.

export {};

declare module '../..' {
  interface Socket {
    connecting: boolean;
    timeout?: number;
    server: Server | null;
    _server: Server | null;
    [SocketSymbols.async_id_symbol]: number;
    get [SocketSymbols.kHandle](): AnyHandle;
    set [SocketSymbols.kHandle](handle: object | null);
    [SocketSymbols.kAfterAsyncWrite]: (req: WriteReq) => void;
    [SocketSymbols.kUpdateTimer]: () => void;
    [SocketSymbols.kReinitializeHandle]: (handle: Handle) => void;
    [SocketSymbols.kTimeout]: NodeJS.Timeout | null;
    [SocketSymbols.kLastWriteQueueSize]: number;
    [SocketSymbols.kBuffer]: Uint8Array | true | null;
    get [SocketSymbols.kBufferCb](): (bytes: number, buffer: Uint8Array | true | null) => unknown;
    set [SocketSymbols.kBufferCb](callback: Function | null);
    [SocketSymbols.kBufferGen]: Function | null;
    [SocketSymbols.kNextHandle]?: HostHandle | null;
    [SocketSymbols.kSignal]?: AbortSignal;
    [SocketSymbols.kSetNoDelay]: boolean;
    [SocketSymbols.kSetKeepAlive]: boolean;
    [SocketSymbols.kSetKeepAliveInitialDelay]: number;
    [SocketSymbols.kSetKeepAliveInterval]?: number;
    [SocketSymbols.kSetKeepAliveCount]?: number;
    [SocketSymbols.kSetTOS]?: number;
    [SocketSymbols.kAskedOptions]?: Record<string, any>;
    [SocketSymbols.kBoundSource]?: boolean;
    [SocketSymbols.kBoundPath]?: string;
    [SocketSymbols.kBytesRead]: number;
    [SocketSymbols.kBytesWritten]: number;
  }

  interface Server {
    [SocketSymbols.async_id_symbol]: number;
    [SocketSymbols.kAskedOptions]?: Record<string, any>;
  }
}
