'use strict';

// The classes behind `socket._handle` and `server._handle`.

const { builtin } = require('../node/builtin');
const { commands } = require('../addon/bridge');
const { showAsBuiltin } = require('./inspection');
const hooks = require('./hooks');
const { kAnnounced, kClosing, kReading, kReadWhenConnected, kSeqpacket, kSlot, kWriter } = require('./symbols');
const { later } = require('../node/later');
const { checkBind, checkOpen, refusedConnect } = require('../node/permission');
const { Handle } = require('./base');
const { owner_symbol } = require('./socket-symbols');
const { UV_EBADF, UV_EINVAL, UV_ENAMETOOLONG, UV_ENOTCONN } = require('../node/errno');
const coalescer = require('./write-coalescer');
const { writerOf } = require('./writable');

/** What uv_tcp_keepalive sets: seconds between two probes, and how many. */
const KEEPALIVE_INTERVAL = 1;
const KEEPALIVE_COUNT = 10;

/** How both kinds get a descriptor from outside, and listen. */
class SocketHandle extends Handle {
  /**
   * Takes over an open descriptor.
   * @param {number} fd
   * @returns {number} status
   */
  open(fd) {
    checkOpen(fd);
    return this._take(fd);
  }

  /**
   * Takes over a descriptor that came as a socket from another process or thread. That needs no permission.
   * @param {number} fd
   * @returns {number} status
   */
  _take(fd) { return commands.open(this[kSlot], fd); }

  /**
   * @param {string} name of an option of the kernel, as in its man page
   * @param {Uint8Array} bytes of its value
   * @returns {number} status; without a descriptor, the kernel's answer for a new socket
   */
  setOption(name, bytes) { return commands.setOption(this[kSlot], name, bytes); }

  /**
   * @param {string} name of an option of the kernel, as in its man page
   * @returns {Buffer|number} its bytes, or a negated errno
   */
  getOption(name) { return commands.getOption(this[kSlot], name); }

  /**
   * @param {number} backlog as for listen(2)
   * @returns {number} status
   */
  listen(backlog) {
    checkBind();
    return commands.listen(this[kSlot], +backlog | 0);
  }

  /**
   * Connections wait while it does not accept.
   * @param {boolean} on
   * @returns {number} status; UV_EINVAL if it does not listen
   */
  setAccepting(on) { return commands.setAccepting(this[kSlot], on); }
}

/** A TCP socket, connected, connecting or listening. */
class TCP extends SocketHandle {
  /**
   * @param {number} type TCP.SOCKET or TCP.SERVER
   * @param {number} [triggerAsyncId] of the listening handle that accepts this one
   */
  constructor(type, triggerAsyncId) {
    super(type === TCP.SERVER ? 'TCPSERVERWRAP' : 'TCPWRAP', triggerAsyncId);
    /** Whether the owner wants data. The owner sets it, as it does on the built-in's handles. */
    this.reading = false;
    /** Called with (status, handle of the new connection). */
    this.onconnection = null;
  }

  /** `asyncReset` is only called on connections. */
  get _provider() { return 'TCPWRAP'; }

  /**
   * @param {string} address numeric IPv4
   * @param {number} port
   * @param {number} [flags] TCP.UV_TCP_IPV6ONLY, TCP.UV_TCP_REUSEPORT
   * @returns {number} status
   */
  bind(address, port, flags) {
    checkBind();
    return builtin.isIPv4(address) ? commands.bind(this[kSlot], address, port | 0, (flags ?? 0) | 0) : UV_EINVAL;
  }

  /**
   * @param {string} address numeric IPv6
   * @param {number} port
   * @param {number} [flags] as for `bind`
   * @returns {number} status
   */
  bind6(address, port, flags) {
    checkBind();
    return builtin.isIPv6(address) ? commands.bind(this[kSlot], address, port | 0, (flags ?? 0) | 0) : UV_EINVAL;
  }

  /**
   * @param {ConnectReq} req
   * @param {string} address numeric IPv4
   * @param {number} port
   * @returns {number|Error} status
   */
  connect(req, address, port) { return this._connect(req, address, port, builtin.isIPv4(address)); }

  /**
   * @param {ConnectReq} req
   * @param {string} address numeric IPv6
   * @param {number} port
   * @returns {number|Error} status
   */
  connect6(req, address, port) { return this._connect(req, address, port, builtin.isIPv6(address)); }

  /**
   * @param {ConnectReq} req
   * @param {string} address
   * @param {number} port
   * @param {boolean} isOfFamily false: a lookup has named another family than the address has (uv_ip6_addr)
   * @returns {number|Error} status
   */
  _connect(req, address, port, isOfFamily) {
    const refusal = refusedConnect(address);
    if (refusal) return refusal;
    const status = isOfFamily ? commands.connect(this[kSlot], address, port) : UV_EINVAL;
    return this._startConnect('TCPCONNECTWRAP', req, status);
  }

  /**
   * The connection may have failed since the engine saw it made. libuv reads SO_ERROR right before the callback
   * (uv__stream_connect), so rsnet does, too.
   * @param {number} status
   */
  _completeConnect(status) {
    const isMade = status === 0 && this._isConnecting;
    super._completeConnect(isMade ? commands.pendingError(this[kSlot]) : status);
  }

  /**
   * As uv_tcp_close_reset: closes the connection by a RST.
   * @param {() => void} [callback] as for `close`
   * @returns {number} status
   */
  reset(callback) {
    if (this[kClosing]) return UV_EBADF;
    coalescer.flushAll();
    this._keepCounters();
    const status = commands.reset(this[kSlot]);
    if (status < 0) return status;
    this._closing(callback, status === 1);
    return 0;
  }

  /**
   * @param {object} out gets `address`, `family`, `port`
   * @returns {number} status
   */
  getsockname(out) { return commands.getsockname(this[kSlot], out); }

  /**
   * @param {object} out as for `getsockname`
   * @returns {number} status
   */
  getpeername(out) { return commands.getpeername(this[kSlot], out); }

  /**
   * @param {boolean} on
   * @returns {number} status
   */
  setNoDelay(on) { return commands.setNoDelay(this[kSlot], on); }

  /**
   * @param {boolean} on
   * @param {number} [delay] seconds of silence before the first probe; 0: the system's default
   * @param {number} [interval] seconds between two probes
   * @param {number} [count] unanswered probes that end the connection
   * @returns {number} status
   */
  setKeepAlive(on, delay, interval, count) {
    return commands.setKeepAlive(this[kSlot], on, (delay ?? 0) | 0, (interval ?? KEEPALIVE_INTERVAL) | 0,
      (count ?? KEEPALIVE_COUNT) | 0);
  }

  /**
   * @param {number} tos the TOS byte of IPv4, or the traffic class of IPv6
   * @returns {number} status
   */
  setTypeOfService(tos) { return commands.setTypeOfService(this[kSlot], tos); }

  /** @returns {number} the TOS byte or traffic class, or a negated errno */
  getTypeOfService() { return commands.getTypeOfService(this[kSlot]); }
}

/** The option that has a Unix-domain socket be one of messages. */
const SEQPACKET = 'SOCK_SEQPACKET';

/** A Unix-domain socket, connected, connecting or listening. */
class Pipe extends SocketHandle {
  /**
   * @param {number} type Pipe.SOCKET or Pipe.SERVER
   * @param {number} [triggerAsyncId] of the listening handle that accepts this one
   */
  constructor(type, triggerAsyncId) {
    super(type === Pipe.SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP', triggerAsyncId);
    this[kReadWhenConnected] = false;
    this[kAnnounced] = false;
    this[kSeqpacket] = false;
  }

  /** As TCP has it. */
  get _provider() { return 'PIPEWRAP'; }

  /**
   * Reading a Pipe may be asked for before it is connected, and begins then.
   * @returns {number} status
   */
  readStart() {
    const status = super.readStart();
    if (status !== UV_ENOTCONN) return status;
    this[kReadWhenConnected] = true;
    return 0;
  }

  /** @param {number} status with which the connect has ended */
  _completeConnect(status) {
    if (status === 0 && this[kReadWhenConnected]) super.readStart();
    super._completeConnect(status);
  }

  /**
   * @param {string} path a path, or an abstract name, which starts with a NUL
   * @returns {number} status
   */
  bind(path) {
    checkBind(path);
    return commands.bindPath(this[kSlot], path);
  }

  /** @param {'always'|'never'|'own'} rule whether close() removes the file that the next bind() makes */
  setUnlink(rule) { commands.setUnlink(this[kSlot], rule); }

  /**
   * @param {ConnectReq} req
   * @param {string} path as for `bind`
   * @returns {number|Error} status
   */
  connect(req, path) {
    const refusal = refusedConnect(path);
    if (refusal) return refusal;
    const status = commands.connectPath(this[kSlot], path);
    if (status === 0 || status === UV_EINVAL || status === UV_ENAMETOOLONG) {
      return this._startConnect('PIPECONNECTWRAP', req, status);
    }
    // uv_pipe_connect2 returns only these two errors. All others, also that of socket(2), come by the callback.
    later(() => this._completeConnect(status));
    return this._startConnect('PIPECONNECTWRAP', req, 0);
  }

  /**
   * As of any handle. The name SOCK_SEQPACKET decides of which type the socket is to be.
   * @param {string} name
   * @param {Uint8Array} bytes
   * @returns {number} status
   */
  setOption(name, bytes) {
    const status = super.setOption(name, bytes);
    if (status !== 0 || name !== SEQPACKET) return status;
    const has = bytes.some((byte) => byte !== 0);
    // Without a descriptor it has written nothing.
    if (this[kSeqpacket] !== has && this.bytesWritten === 0) this[kWriter] = null;
    this[kSeqpacket] = has;
    return status;
  }

  /**
   * @param {number} status
   * @param {Buffer} [payload] none for an empty message
   */
  _completeRead(status, payload) {
    super._completeRead(status, status === 0 ? Buffer.alloc(0) : payload);
  }

  /**
   * @param {WriteReq} req
   * @param {Buffer} data at least one byte, unless it is a message
   * @param {HeldDescriptors} held which go with the data
   * @returns {number} status
   */
  writeDescriptors(req, data, held) { return writerOf(this).writeDescriptors(req, data, held); }

  /**
   * Descriptors have arrived, and the engine waits until the owner has taken or declined them. If he has stopped
   * reading, it tells of them again when he starts.
   */
  _announceDescriptors() {
    this[kAnnounced] = true;
    if (this[kClosing] || !this[kReading]) return;
    this.runInAsyncScope(hooks.onDescriptors, this);
  }

  /** @returns {{descriptors: number[], data: Buffer}|null} what was announced; null if there is none any more */
  takeDescriptors() {
    this[kAnnounced] = false;
    return commands.takePassed(this[kSlot]) ?? null;
  }

  /** Closes the descriptors that were announced. Their data comes as any other. */
  declineDescriptors() {
    this[kAnnounced] = false;
    commands.declinePassed(this[kSlot]);
  }

  /** Descriptors that wait have been read, too. */
  get mayHaveReadAhead() { return this[kAnnounced] || super.mayHaveReadAhead; }

  /**
   * As uv_pipe_chmod: lets other users connect to the path.
   * @param {number} mode Pipe.UV_READABLE, Pipe.UV_WRITABLE
   * @returns {number} status
   */
  fchmod(mode) {
    checkBind();
    return commands.chmod(this[kSlot], mode);
  }
}

TCP.SOCKET = 0;
TCP.SERVER = 1;
TCP.UV_TCP_IPV6ONLY = 1;
TCP.UV_TCP_REUSEPORT = 2;
Pipe.SOCKET = 0;
Pipe.SERVER = 1;
Pipe.IPC = 2;
Pipe.UV_READABLE = 1;
Pipe.UV_WRITABLE = 2;

// Only the TCP handles of the built-in have it.
Object.defineProperty(TCP.prototype, 'owner', {
  get() { return this[owner_symbol]; },
  set(owner) { this[owner_symbol] = owner; },
});
showAsBuiltin(TCP);
showAsBuiltin(Pipe);

module.exports = { Handle, TCP, Pipe };
