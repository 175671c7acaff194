'use strict';

// Family autoselection: tries the addresses of a host one after the other, each for a limited time. See
// "net.setDefaultAutoSelectFamily" and `socket.connect` in Node's documentation. The order is that of RFC 8305, section
// 4, without its races.

const { builtin } = require('../node/builtin');
const {
  anyAddress, becomeConnected, bindLocal, connectError, connectErrorAtOnce, connectTo, startConnect,
} = require('./attempt');
const { clearTimeout, setTimeout } = require('../node/captured');
const { applyCongestionControl } = require('./congestion-control');
const { debug } = require('../node/debug');
const { codes, ExceptionWithHostPort, NodeAggregateError } = require('../node/errors');
const { TCP } = require('../handle');
const { ConnectReq } = require('../handle/requests');
const { kReinitializeHandle, kSignal } = require('../handle/socket-symbols');
const { UV_ECANCELED, UV_ETIMEDOUT } = require('../node/errno');

/**
 * Selects the usable addresses of a lookup, each once. The two families alternate, and the first address comes first.
 *
 * @param {Array<{address: string, family: number}>} addresses
 * @returns {Array<{address: string, family: number}>}
 */
function alternateFamilies(addresses) {
  const groups = new Map();
  const seen = new Set();
  for (const { address, family } of addresses) {
    if (seen.has(address) || typeof address !== 'string' || !builtin.isIP(address)) continue;
    if (family !== 4 && family !== 6) continue;
    seen.add(address);
    if (!groups.has(family)) groups.set(family, []);
    groups.get(family).push({ address, family });
  }
  const [first = [], second = []] = groups.values();
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
   * @param {import('../..').Socket} socket
   * @param {Array<{address: string, family: number}>} addresses in the order to try
   * @param {{port: number, localPort?: number, timeout: number}} options timeout in milliseconds for each
   */
  constructor(socket, addresses, { port, localPort, timeout }) {
    this.socket = socket;
    this.addresses = addresses;
    this.port = port;
    this.localPort = localPort;
    this.timeout = timeout;
    this.timer = null;
    this.next = 0;
    this.errors = [];
  }

  /** Begins with the next address; without one the socket is destroyed. */
  advance() {
    clearTimeout(this.timer);
    const { socket } = this;
    // A socket may connect again after its signal: with one address it does, with several it goes on for ever.
    if (socket[kSignal]?.aborted) return;
    if (this.next === this.addresses.length) {
      this.giveUp();
      return;
    }
    const current = this.next++;
    if (current > 0) socket[kReinitializeHandle](new TCP(TCP.SOCKET));
    const refusal = applyCongestionControl(socket);
    if (refusal) {
      socket.destroy(refusal);
      return;
    }
    const { address, family } = this.addresses[current];
    if (this.localPort && !this.bind(family)) return;
    if (socket.blockList?.check(address, `ipv${family}`)) {
      const error = new codes.ERR_IP_BLOCKED(address);
      this.errors.push(error);
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

  /**
   * @param {number} family
   * @returns {boolean} false when the next address is on its way instead
   */
  bind(family) {
    const local = anyAddress(family);
    debug('connect/multiple: binding to localAddress: %s and localPort: %d (addressType: %d)',
      local, this.localPort, family);
    const status = bindLocal(this.socket._handle, family, local, this.localPort);
    if (!status) return true;
    this.errors.push(new ExceptionWithHostPort(status, 'bind', local, this.localPort));
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
      this.failed(req, connectErrorAtOnce(socket, req, status));
      this.advance();
      return;
    }
    if (current < this.addresses.length - 1) {
      debug('connect/multiple: setting the attempt timeout to %d ms', this.timeout);
      this.timer = setTimeout(() => this.timedOut(req, socket._handle), this.timeout);
    }
  }

  /**
   * @param {ConnectReq} req
   * @param {Error} error
   */
  failed(req, error) {
    this.errors.push(error);
    this.socket.emit('connectionAttemptFailed', req.address, req.port, req.addressType, error);
  }

  /**
   * @param {ConnectReq} req
   * @param {object} handle of the attempt
   */
  timedOut(req, handle) {
    debug('connect/multiple: connection to %s:%s timed out', req.address, req.port);
    this.socket.emit('connectionAttemptTimeout', req.address, req.port, req.addressType);
    req.oncomplete = () => {};
    this.errors.push(connectError(req, UV_ETIMEDOUT));
    handle.close();
    if (this.socket.connecting) this.advance();
  }

  /**
   * @param {number} current
   * @param {ConnectReq} req
   * @param {number} status
   * @param {object} handle
   */
  completed(current, req, status, handle) {
    debug('connect/multiple: connection attempt to %s:%s completed with status %s', req.address, req.port, status);
    clearTimeout(this.timer);
    const { socket } = this;
    if (status === 0 && current !== this.next - 1) {
      debug('connect/multiple: ignoring successful but timedout connection to %s:%s', req.address, req.port);
      handle.close();
      return;
    }
    if (status !== 0) {
      this.failed(req, connectError(req, status));
      if (!socket.connecting) return;
      if (status === UV_ECANCELED) this.giveUp();
      else this.advance();
      return;
    }
    if (!socket.destroyed) becomeConnected(socket, req);
  }

  /** No address has answered. */
  giveUp() {
    clearTimeout(this.timer);
    this.socket.destroy(this.errors.length === 0
      ? new codes.ERR_SOCKET_CONNECTION_TIMEOUT()
      : new NodeAggregateError(this.errors));
  }
}

/**
 * Connects to one of several addresses.
 *
 * @param {import('../..').Socket} socket
 * @param {Array<{address: string, family: number}>} addresses
 * @param {{port: number, localAddress?: string, localPort?: number, timeout: number}} options
 */
function connectToFirst(socket, addresses, options) {
  socket._unrefTimer();
  if (addresses.length === 1) {
    debug('connect/multiple: only one address found, switching back to single connection');
    connectTo(socket, { ...options, ...addresses[0] });
    return;
  }
  socket.autoSelectFamilyAttemptedAddresses = [];
  debug('connect/multiple: will try the following addresses', addresses);
  new Attempts(socket, addresses, options).advance();
}

module.exports = { alternateFamilies, connectToFirst };
