// What the addon exports (src/addon). __test__/handle/declarations.spec.js compares the names with those that it has.

/** The addon. */
interface Addon {
  Bridge: new (
    dispatch: (slot: number, kind: number, status: number, payload?: Buffer | number) => void,
    tick: () => void,
    dispatchBatch: (count: number, payload?: Buffer) => void,
    uncaught: (exception: unknown) => void,
    entries: Int32Array,
    memory: ArrayBufferLike,
    areas: (Uint8Array | undefined)[],
  ) => Bridge;
  HeldDescriptors: new () => HeldDescriptors;
  /** Only on Linux. */
  FileSender: new (ended: (transfer: number, status: number) => void) => FileSender;
  constants(): AddonConstants;
  /** Node's name of the type: 'TCP', 'PIPE', 'UDP', 'FILE', 'TTY' or 'UNKNOWN'; or 'SEQPACKET'. */
  descriptorKind(fd: number): string;
  dupDescriptor(fd: number): number;
  sendWaiting(): void;
  standInForSignals(): void;
}

/** The tables of src/addon/constants.rs. */
interface AddonConstants {
  events: Record<
    'NONE' | 'CONNECT' | 'READ' | 'WRITE' | 'SHUTDOWN' | 'CONNECTION' | 'CLOSED' | 'WRITABLE' | 'DESCRIPTORS', number>;
  entry: Record<'FIELDS' | 'OUT_OF_LINE' | 'USER_BUFFER' | 'LANDED_FULL' | 'LANDED_LARGE', number>;
  encodings: Record<'UTF8' | 'LATIN1' | 'UTF16LE', number>;
  sentinels: Record<'NO_SLOT' | 'NONE_FREE', number>;
  sizes: Record<
    'BATCH_MEMORY' | 'USUAL_READ' | 'MAX_READ' | 'STRING_PIECE' | 'MAX_SLICES' | 'MAX_DESCRIPTORS', number>;
}

/** The commands that are plain functions (src/addon/functions.rs, src/addon/writer.rs). */
interface CommandFunctions {
  accept(slot: number, listener: number): number;
  acceptDescriptor(listener: number): number;
  beginBuffer(slot: number): number;
  bytesRead(slot: number): number;
  close(slot: number, unread: boolean): number;
  connect(slot: number, address: string, port: number): number;
  fd(slot: number): number;
  getpeername(slot: number, out: object): number;
  getsockname(slot: number, out: object): number;
  hasPendingRead(slot: number): number;
  pendingError(slot: number): number;
  readStart(slot: number): number;
  readStop(slot: number): number;
  ref(slot: number): number;
  sendBuffer(slot: number, buffer: number): number;
  setNoDelay(slot: number, on: boolean): number;
  shutdown(slot: number): number;
  unref(slot: number): number;
  write(slot: number, data: Uint8Array, length: number): number;
  writeLarge(slot: number, data: Uint8Array, offset: number, continues: number): number;
  writePair(slot: number, first: Uint8Array, second: Uint8Array): number;
  writeWithCompletion(slot: number, data: Uint8Array, length: number): number;
}

/** The commands that are methods of the Bridge. */
interface CommandMethods {
  bind(slot: number, address: string, port: number, flags?: number): number;
  bindPath(slot: number, path: string): number;
  calls(): number[];
  chmod(slot: number, mode: number): number;
  coalescer(): { memory: ArrayBuffer, published: ArrayBuffer } | null;
  connectPath(slot: number, path: string): number;
  countRead(slot: number, bytes: number): void;
  declinePassed(slot: number): number;
  dup(slot: number): number;
  functions(): CommandFunctions;
  getOption(slot: number, name: string): Buffer | number;
  getTypeOfService(slot: number): number;
  handOver(slot: number): HandedOver | null;
  lendDescriptor(slot: number, lent: boolean): number;
  listen(slot: number, backlog: number): number;
  open(slot: number, fd: number): number;
  rearm(): void;
  reportUncaught(exception: unknown): void;
  reset(slot: number): number;
  setAccepting(slot: number, accepting: boolean): number;
  setKeepAlive(slot: number, on: boolean, delay: number, interval: number, count: number): number;
  useOwnMemory(slot: number): void;
  setOption(slot: number, name: string, value: Uint8Array): number;
  setReadMost(slot: number, bytes: number): void;
  setReadCap(slot: number, bytes: number): void;
  setTypeOfService(slot: number, tos: number): number;
  setUnlink(slot: number, rule: string): void;
  takePassed(slot: number): { descriptors: number[], data: Buffer } | null;
  takeUndelivered(slot: number): Buffer;
  writeDescriptors(slot: number, data: Uint8Array, descriptors: HeldDescriptors): number;
  writeLargeChunks(slot: number, chunks: Uint8Array[], continues: boolean): number;
  writePieces(slot: number, pieces: string[], encoding: number, units: number): [result: number, bytes: number];
  writeQueueSize(slot: number): number;
  writeRest(slot: number, buffers: Uint8Array[]): number;
  writeString(slot: number, string: string, encoding: number): [result: number, bytes: number];
  writev(slot: number, buffers: Uint8Array[]): number;
}

/** The commands that only the addon of Linux has (src/addon/relay.rs). */
interface RelayCommands {
  areDescriptorsScarce(): boolean;
  countRelay(relay: number): number[];
  isRelayable(slot: number, reads: boolean): boolean;
  lendToRelay(a: number, b: number): number;
  openRelay(relay: number, direction: number): void;
  openRelayBehind(relay: number, direction: number, head: Buffer): void;
  relay(a: number, b: number): number;
  resumeReading(slot: number): number;
  setRelayed(slot: number, relayed: boolean): void;
  setRelayReporter(report: (relay: number, direction: number, status: number, isWrite: boolean) => void): void;
  stopRelay(relay: number): number[];
  takeBackRelay(relay: number): { sent: number[], rests: Buffer[], failure: number[] };
}

/** The table of commands in lib/addon/bridge.js. */
interface Commands extends CommandFunctions, CommandMethods, RelayCommands {}

/** What all sockets of a thread go through. */
interface Bridge extends CommandMethods, RelayCommands {
  readonly backend: 'uv' | 'tokio';
  readonly threads: number;
}

/** A connection whose descriptor the caller owns from now on. */
interface HandedOver {
  fd: number;
  announced: boolean;
  unread?: Buffer;
  readError: number;
  unsent?: Buffer;
  writeError: number;
  shuts: boolean;
}

/** Copies of descriptors that wait to be sent. */
interface HeldDescriptors {
  add(fd: number): number;
  close(): void;
}

/** Sends files by sendfile(2). */
interface FileSender {
  start(socket: number, file: number, offset: number, length: number): number;
  sent(transfer: number): number;
  calls(): number;
  cancel(transfer: number): void;
  forget(transfer: number): number;
}
