// The symbols of lib/handle/symbols.js and lib/handle/socket-symbols.js, and what stands under them.

declare namespace HandleSymbols {
  const kSlot: unique symbol, kClosing: unique symbol, kOnClose: unique symbol, kRef: unique symbol;
  const kProvider: unique symbol, kConnectReq: unique symbol, kShutdownReq: unique symbol, kAdopted: unique symbol;
  const kReadCap: unique symbol, kReadMost: unique symbol, kReading: unique symbol, kPendingRead: unique symbol;
  const kParserReads: unique symbol, kReadGate: unique symbol, kReadEnded: unique symbol, kOnRead: unique symbol;
  const kRead: unique symbol, kWriter: unique symbol, kReadWhenConnected: unique symbol, kRelay: unique symbol;
  const kUncounted: unique symbol, kBulkLeft: unique symbol, kSeqpacket: unique symbol, kAnnounced: unique symbol;
  const kIsHost: unique symbol, kHandedOver: unique symbol, kPast: unique symbol, kReset: unique symbol;
}

declare namespace SocketSymbols {
  const async_id_symbol: unique symbol, owner_symbol: unique symbol, kHandle: unique symbol;
  const kAfterAsyncWrite: unique symbol, kUpdateTimer: unique symbol, kReinitializeHandle: unique symbol;
  const kTimeout: unique symbol, kLastWriteQueueSize: unique symbol, kBuffer: unique symbol, kBufferCb: unique symbol;
  const kBufferGen: unique symbol, kNextHandle: unique symbol, kSignal: unique symbol, kSetNoDelay: unique symbol;
  const kSetKeepAlive: unique symbol, kSetKeepAliveInitialDelay: unique symbol, kSetKeepAliveInterval: unique symbol;
  const kSetKeepAliveCount: unique symbol, kSetTOS: unique symbol, kAskedOptions: unique symbol;
  const kBoundSource: unique symbol, kBoundPath: unique symbol, kBytesRead: unique symbol, kBytesWritten: unique symbol;
}

/** Of each handle of rsnet's. */
interface HandleState {
  [HandleSymbols.kSlot]: number;
  [HandleSymbols.kClosing]: boolean;
  [HandleSymbols.kOnClose]: (() => void) | undefined;
  [HandleSymbols.kRef]: boolean | undefined;
  [HandleSymbols.kProvider]: string;
  [HandleSymbols.kConnectReq]: ConnectReq | null;
  [HandleSymbols.kShutdownReq]: ShutdownReq | null;
  [HandleSymbols.kAdopted]: HostHandle | undefined;
  [HandleSymbols.kReadCap]: number;
  [HandleSymbols.kReadMost]: number;
  [HandleSymbols.kReading]: boolean;
  [HandleSymbols.kPendingRead]: Buffer | null;
  [HandleSymbols.kParserReads]: number;
  [HandleSymbols.kReadGate]: number;
  [HandleSymbols.kReadEnded]: boolean;
  get [HandleSymbols.kOnRead](): (...args: any[]) => void;
  set [HandleSymbols.kOnRead](listener: Function | undefined);
  [HandleSymbols.kRead]: number;
  [HandleSymbols.kWriter]: Writer | null;
  [HandleSymbols.kRelay]: Mover | undefined;
  [HandleSymbols.kUncounted]: number;
  [HandleSymbols.kBulkLeft]: number;
  [HandleSymbols.kPast]?: import('../api/hand-over-share').Past;
  [SocketSymbols.async_id_symbol]: number;
  /** A Socket, a Server, or null. Who asks knows which. */
  [SocketSymbols.owner_symbol]: any;
}

/** What moves the bytes of a connection in the place of its handle. */
interface Mover {
  /** Milliseconds since the last byte. */
  idle(): number;
  /** Whether the idle timer of the socket begins anew. */
  restartsTimer?(socket: Socket): boolean;
}

/** Of Pipes, besides. */
interface PipeState {
  [HandleSymbols.kReadWhenConnected]: boolean;
  [HandleSymbols.kSeqpacket]: boolean;
  [HandleSymbols.kAnnounced]: boolean;
}
