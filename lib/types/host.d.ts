// Members of Node's objects that Node does not document. docs/node-inside.md has what rsnet does without them.

/** A TCP or Pipe handle of Node's (LibuvStreamWrap). A status is 0 or a negated errno. */
interface HostHandle {
  constructor: HostHandleClass;
  reading: boolean;
  readonly fd: number;
  readonly isStreamBase: boolean;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
  onread: Function | null;
  onconnection: Function | null;
  open(fd: number): number;
  close(callback?: () => void): void;
  ref(): void;
  unref(): void;
  hasRef(): boolean;
  readStart(): number;
  readStop(): number;
  bind(address: string, port?: number, flags?: number): number;
  connect(req: object, address: string, port?: number): number | Error;
  connect6(req: object, address: string, port: number): number | Error;
  shutdown(req: object): number;
  getAsyncId(): number;
  getsockname?(out: object): number;
  getpeername?(out: object): number;
  useUserBuffer(view: Uint8Array | true): number;
  setKeepAlive?(on: boolean, delay: number, interval?: number, count?: number): number;
  setTypeOfService?(tos: number): number;
  getTypeOfService?(): number;
  /** Of TLS. */
  writesIssuedByPrevListenerDone?(): void;
  _parent?: HostHandle;
}

/** A class of such handles. */
type HostHandleClass = new (type: number) => HostHandle;

/** A request of Node's HTTP client; on a socket of a server, the response. */
interface HostRequest {
  res?: { complete: boolean } | null;
  upgradeOrConnect?: boolean;
  shouldKeepAlive?: boolean;
}

/** A parser of HTTP. */
interface HostParser {
  execute: Function;
  socket: object;
  consume?: Function;
  _consumed: boolean;
}

/** The state of a readable stream. */
interface ReadableState {
  awaitDrainWriters: unknown;
  /** The chunks that wait: an array, up to Node 20 a list of its own. */
  buffer: Iterable<any> & { push(chunk: unknown): void, clear?(): void };
  bufferIndex?: number;
  dataEmitted: boolean;
  decoder: object | null;
  destroyed: boolean;
  ended: boolean;
  flowing: boolean | null;
  length: number;
  objectMode: boolean;
  pipes: import('node:stream').Writable[];
  reading: boolean;
  readingMore: boolean;
  sync: boolean;
}

/** The state of a writable stream. */
interface WritableState {
  bufferedRequestCount: number;
  corked: number;
  destroyed: boolean;
  ending: boolean;
  errored: Error | null;
  highWaterMark: number;
  length: number;
  needDrain: boolean;
  objectMode: boolean;
}

/** Of Node's errors, and of those in lib/node/errors.js. */
interface Error {
  code?: string;
  errno?: any;
}
