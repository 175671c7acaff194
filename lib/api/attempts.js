'use strict';

// Family autoselection: tries the addresses of a host in turn. See "net.setDefaultAutoSelectFamily" and
// `socket.connect` in Node's documentation. The order is that of RFC 8305, section 4.
//
// An attempt that has got no answer when its time is over goes on beside the next one, and the first that connects wins
// (RFC 8305, section 5). The built-in cuts it off, which makes a slow path unusable; `sequential` asks for that.

const { isUint8Array } = require('util/types');
const { builtin } = require('../node/builtin');
const {
  anyAddress, becomeConnected, bindLocal, connectError, connectErrorAtOnce, connectTo, startConnect,
} = require('./attempt');
const { clearTimeout, setTimeout } = require('../node/captured');
const { applyKernelOptions } = require('./kernel-options');
const { debug } = require('../node/debug');
const { codes, ExceptionWithHostPort, NodeAggregateError } = require('../node/errors');
const { TCP } = require('../handle');
const { ConnectReq } = require('../handle/requests');
const { ignoreEnd, Race } = require('./race');
const { async_id_symbol, kBuffer, kReinitializeHandle, kSignal } = require('../handle/socket-symbols');
const { attachHandle } = require('./socket-io');
const { clearOptions } = require('./socket-options');
const { UV_ECANCELED, UV_ETIMEDOUT } = require('../node/errno');

/**
 * Selects the usable addresses of a lookup, each once of a family. The two families alternate, and the first address
 * comes first.
 *
 * @param {Array<{address: string, family: number}>} addresses
 * @returns {Array<{address: string, family: number}>}
 */
function alternateFamilies(addresses) {
  /** @type {Map<number, Map<string, {address: string, family: number}>>} */
  const families = new Map();
  for (const { address, family } of addresses) {
    if (typeof address !== 'string' || !builtin.isIP(address)) continue;
    if (family !== 4 && family !== 6) continue;
    if (!families.has(family)) families.set(family, new Map());
    families.get(family)?.set(address, { address, family });
  }
  const [first = [], second = []] = [...families.values()].map((group) => [...group.values()]);
  const result = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) result.push(first[i]);
    if (i < second.length) result.push(second[i]);
  }
  return result;
}

/** The attempts of one connect call. */
class Attempts {
  /**
   * @param {Socket} socket
   * @param {Array<{address: string, family: number}>} addresses in the order to try
   * @param {AttemptOptions} options
   */
  constructor(socket, addresses, { port, localPort, timeout, sequential }) {
    this.socket = socket;
    this.addresses = addresses;
    this.port = port;
    this.localPort = localPort;
    this.timeout = timeout;
    /** @type {*} */
    this.timer = null;
    this.next = 0;
    /** By address. */
    this.errors = [];
    // Two attempts cannot have one port of the program's choice.
    this.race = sequential || localPort ? null : new Race(socket);
  }

  /** Begins with the next address; without one the socket is destroyed. */
  advance() {
    clearTimeout(this.timer);
    const { socket } = this;
    // A socket may connect again after its signal: with one address it does, with several it goes on for ever.
    if (socket[kSignal]?.aborted) return;
    if (this.next === this.addresses.length) {
      if (this.race !== null && this.race.running.size > 0) this.waitForOthers(this.race);
      else this.giveUp();
      return;
    }
    const current = this.next++;
    if (current > 0) this.replaceHandle();
    const refusal = applyKernelOptions(socket);
    if (refusal) {
      socket.destroy(refusal);
      return;
    }
    const { address, family } = this.addresses[current];
    if (this.localPort && !this.bind(family, current)) return;
    if (socket.blockList?.check(address, `ipv${family}`)) {
      const error = new codes.ERR_IP_BLOCKED(address);
      this.errors[current] = error;
      socket.emit('connectionAttemptFailed', address, this.port, family, error);
      if (socket.connecting) this.advance();
      return;
    }
    debug('connect/multiple: attempting to connect to %s:%d (addressType: %d)', address, this.port, family);
    socket.emit('connectionAttempt', address, this.port, family);
    socket.autoSelectFamilyAttemptedAddresses.push(`${address}:${this.port}`);
    if (!socket.connecting || !socket._handle) return;
    this.connect(address, family, current);
  }

  /** Makes the handle of the next attempt. That of an attempt which is under way stays open. */
  replaceHandle() {
    const { race, socket } = this;
    const handle = new TCP(TCP.SOCKET);
    if (race === null || race.running.size === 0) {
      socket[kReinitializeHandle](handle);
      return;
    }
    if (!socket._handle.hasRef()) handle.unref();
    if (race.hasOwn) attachHandle(socket, handle);
    else socket[kReinitializeHandle](handle);
  }

  /**
   * @param {InstanceType<typeof Race>} race all addresses have been tried: the socket gets the handle of an attempt
   *   that is under way
   */
  waitForOthers(race) {
    if (race.hasOwn) return;
    const { _handle: failed } = this.socket;
    this.useHandle(race.newest);
    failed.close();
  }

  /** @param {AnyHandle} handle of another attempt, which becomes the socket's */
  useHandle(handle) {
    const { socket } = this;
    socket._handle = handle;
    socket._sockname = null;
    socket[async_id_symbol] = handle.getAsyncId();
    if (isUint8Array(socket[kBuffer])) handle.useUserBuffer(socket[kBuffer]);
    clearOptions(socket);
    const refusal = applyKernelOptions(socket, 'connecting');
    if (refusal) socket.destroy(refusal);
  }

  /** @param {ConnectReq} req of the attempt that has connected: the socket gets its handle, the others are closed */
  win(req) {
    const { race, socket } = this;
    if (race === null) return;
    const { _handle: last } = socket;
    const handle = race.running.get(req);
    race.running.delete(req);
    if (handle !== undefined && handle !== last) this.useHandle(handle);
    race.closeOthers();
    if (handle !== undefined && handle !== last) last.close();
  }

  /**
   * @param {number} family
   * @param {number} current which attempt this is
   * @returns {boolean} false when the next address is on its way instead
   */
  bind(family, current) {
    const local = anyAddress(family);
    debug('connect/multiple: binding to localAddress: %s and localPort: %d (addressType: %d)',
      local, this.localPort, family);
    const status = bindLocal(this.socket._handle, family, local, this.localPort);
    if (!status) return true;
    this.errors[current] = new ExceptionWithHostPort(status, 'bind', local, this.localPort);
    this.advance();
    return false;
  }

  /**
   * @param {string} address
   * @param {number} family
   * @param {number} current which attempt this is
   */
  connect(address, family, current) {
    const { socket } = this;
    const req = new ConnectReq((status, handle) => this.completed(current, req, status, handle));
    req.address = address;
    req.port = this.port;
    if (this.localPort) req.localAddress = anyAddress(family);
    req.localPort = this.localPort;
    req.addressType = family;
    const status = startConnect(socket, req);
    if (status) {
      const isAlone = this.race === null || this.race.running.size === 0;
      this.failed(current, req, connectErrorAtOnce(socket, req, status));
      if (isAlone || socket.connecting) this.advance();
      return;
    }
    const { _handle: handle } = socket;
    this.race?.running.set(req, handle);
    if (current < this.addresses.length - 1) {
      debug('connect/multiple: setting the attempt timeout to %d ms', this.timeout);
      this.timer = setTimeout(() => this.timedOut(current, req, handle), this.timeout);
    }
  }

  /**
   * @param {number} current
   * @param {ConnectReq} req
   * @param {Error} error
   */
  failed(current, req, error) {
    this.errors[current] = error;
    this.socket.emit('connectionAttemptFailed', req.address, req.port, req.addressType, error);
  }

  /**
   * @param {number} current
   * @param {ConnectReq} req
   * @param {AnyHandle} handle of the attempt
   */
  timedOut(current, req, handle) {
    debug('connect/multiple: connection to %s:%s timed out', req.address, req.port);
    const { race, socket } = this;
    socket.emit('connectionAttemptTimeout', req.address, req.port, req.addressType);
    if (race === null) {
      req.oncomplete = ignoreEnd;
      this.errors[current] = connectError(req, UV_ETIMEDOUT);
      handle.close();
    } else if (handle === socket._handle) {
      race.leaveBehind();
    } else {
      return;
    }
    if (socket.connecting) this.advance();
  }

  /**
   * @param {number} current
   * @param {ConnectReq} req
   * @param {number} status
   * @param {AnyHandle} handle
   */
  completed(current, req, status, handle) {
    debug('connect/multiple: connection attempt to %s:%s completed with status %s', req.address, req.port, status);
    clearTimeout(this.timer);
    const { race, socket } = this;
    if (status === 0 && race === null && current !== this.next - 1) {
      debug('connect/multiple: ignoring successful but timedout connection to %s:%s', req.address, req.port);
      handle.close();
      return;
    }
    if (status !== 0) {
      race?.remove(req);
      this.failed(current, req, connectError(req, status));
      if (!socket.connecting) return;
      if (status === UV_ECANCELED) this.giveUp();
      else this.advance();
      return;
    }
    if (!socket.destroyed) this.win(req);
    if (!socket.destroyed) becomeConnected(socket, req);
  }

  /** No address has answered. */
  giveUp() {
    clearTimeout(this.timer);
    // An address that was left out leaves a hole.
    const errors = Object.values(this.errors);
    this.socket.destroy(errors.length === 0
      ? new codes.ERR_SOCKET_CONNECTION_TIMEOUT()
      : new NodeAggregateError(errors));
  }
}

/**
 * Connects to one of several addresses.
 *
 * @param {Socket} socket
 * @param {Array<{address: string, family: number}>} addresses
 * @param {AttemptOptions} options
 */
function connectToFirst(socket, addresses, options) {
  socket._unrefTimer();
  if (addresses.length === 1) {
    debug('connect/multiple: only one address found, switching back to single connection');
    connectTo(socket, { ...options, ...addresses[0] });
    return;
  }
  /** @type {Options} */ (socket).autoSelectFamilyAttemptedAddresses = [];
  debug('connect/multiple: will try the following addresses', addresses);
  new Attempts(socket, addresses, options).advance();
}

module.exports = { alternateFamilies, connectToFirst };
