'use strict';

// `socket.connect` and `net.connect`: from the arguments to the first attempt.

const { SEQUENTIAL, connectArgs, normalizeArgs } = require('./arguments');
const { connectTo } = require('./attempt');
const { alternateFamilies, connectToFirst } = require('./attempts');
const { abortConnect, connectSignalOf } = require('./connect-signal');
const { boundConnect, connectTimeoutOf } = require('./connect-timeout');
const { builtin } = require('../node/builtin');
const { nextTick } = require('../node/captured');
const { keepTickShape } = require('../node/tick-shape');
const { debug } = require('../node/debug');
const diagnostics = require('./diagnostics');
const { codes } = require('../node/errors');
const { Pipe, TCP } = require('../handle');
const { hasMessages, writeMessage } = require('./messages');
const { proxyHeaderOf, rememberHeader } = require('./proxy-protocol');
const { attachHandle } = require('./socket-io');
const { kBoundSource, kSignal } = require('../handle/socket-symbols');
const {
  validateBoolean, validateFunction, validateInt32, validateNumber, validatePort, validateString,
} = require('../node/validators');
const { variable } = require('../node/switches');

const { isIP } = builtin;

/** The shortest time for an attempt, in milliseconds. */
const MIN_ATTEMPT_TIMEOUT = 10;

/** Since this Node version, connect() checks `host`; before, dns.lookup does. */
const CHECKS_HOST_SINCE = 22;

/** Whether the environment asks for attempts as the built-in makes them. */
const ALWAYS_SEQUENTIAL = variable('RSNET_AUTO_SELECT_FAMILY') === SEQUENTIAL;

/**
 * The class whose sockets connect.
 * @type {SocketClass}
 */
let Socket;

/**
 * @param {SocketClass} Class Socket, which needs what is here itself
 */
function useSocketClass(Class) {
  Socket = Class;
}

const hostMajor = Number.parseInt(process.versions.node, 10);

/**
 * `socket.connect`. See "socket.connect()" in Node's documentation for its forms.
 *
 * @this {import('../..').Socket}
 * @param {...*} args options, or port and host, or path; and a listener for 'connect'
 * @returns {import('../..').Socket} this
 * @throws {TypeError|RangeError} for bad arguments
 */
function socketConnect(...args) {
  const [options, listener] = connectArgs(args);
  if (options.port === undefined && options.path == null) {
    throw new codes.ERR_MISSING_ARGS(['options', 'port', 'path']);
  }
  const connectTimeout = connectTimeoutOf(options);
  const proxyHeader = proxyHeaderOf(options);
  const signal = connectSignalOf(options, this[kSignal]);
  if (listener !== null) this.once('connect', listener);
  if (this._parent?.connecting) return this;
  const { prototype } = Socket;
  // After the peer's end the socket has a `write` of its own. A new connection needs that of the class, or of messages.
  if (this.write !== prototype.write && Object.hasOwn(this, 'write')) {
    this.write = hasMessages(this) ? writeMessage : prototype.write;
  }
  if (this.destroyed) {
    this._handle = null;
    this._peername = undefined;
    this._sockname = undefined;
  }
  const { path } = options;
  // A bound socket is already TCP or a pipe.
  const isPipe = this[kBoundSource] && this._handle ? this._handle instanceof Pipe : !!path;
  debug('pipe', isPipe, path);
  if (!this._handle) attachHandle(this, isPipe ? new Pipe(Pipe.SOCKET) : new TCP(TCP.SOCKET));
  keepTickShape();
  rememberHeader(this, proxyHeader);
  this._unrefTimer();
  this.connecting = true;
  if (isPipe) {
    validateString(path, 'options.path');
    connectTo(this, { address: path });
  } else {
    lookupAndConnect(this, options);
  }
  boundConnect(this, connectTimeout);
  abortConnect(this, signal);
  return this;
}

/**
 * @param {*} host the option
 * @returns {string}
 * @throws {TypeError} where the host's version checks it here
 */
function checkHost(host) {
  if (!host) return 'localhost';
  if (hostMajor >= CHECKS_HOST_SINCE) {
    validateString(host, 'options.host');
    if (host.includes('\0')) {
      throw new codes.ERR_INVALID_ARG_VALUE('options.host', host, 'must be a string without null bytes');
    }
  }
  return host;
}

/**
 * @param {{autoSelectFamily?: *}} options of `connect`
 * @returns {boolean} whether attempts are to be made one after the other
 */
function isSequential({ autoSelectFamily }) {
  return ALWAYS_SEQUENTIAL || autoSelectFamily === SEQUENTIAL;
}

/**
 * The checked options of a TCP connect.
 *
 * @param {Options} options as given
 * @returns {{host: string, port: number, autoSelectFamily: boolean, sequential: boolean, timeout: number}}
 * @throws {TypeError|RangeError}
 */
function checkTcpOptions(options) {
  const { localAddress, localPort, port } = options;
  let { autoSelectFamily, autoSelectFamilyAttemptTimeout: timeout } = options;
  const host = checkHost(options.host);
  if (localAddress && !isIP(localAddress)) throw new codes.ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw new codes.ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], port);
    }
    validatePort(port);
  }
  const sequential = isSequential(options);
  if (autoSelectFamily === SEQUENTIAL) autoSelectFamily = true;
  else if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  else autoSelectFamily = builtin.getDefaultAutoSelectFamily();
  if (timeout != null) {
    validateInt32(timeout, 'options.autoSelectFamilyAttemptTimeout', 1);
    timeout = Math.max(timeout, MIN_ATTEMPT_TIMEOUT);
  } else {
    timeout = builtin.getDefaultAutoSelectFamilyAttemptTimeout();
  }
  return { host, port: port | 0, autoSelectFamily, sequential, timeout };
}

/**
 * @param {Options} options of `connect`
 * @throws {TypeError} when they would bind it once more
 */
function checkBound(options) {
  if (options.localAddress === undefined && options.localPort === undefined) return;
  throw new codes.ERR_INVALID_ARG_VALUE('options', options,
    'localAddress and localPort cannot be used with an adopted bound socket');
}

/**
 * Looks up the host if it is a name, and connects.
 *
 * @param {import('../..').Socket} socket
 * @param {Options} options of `connect`
 */
function lookupAndConnect(socket, options) {
  const { localAddress, localPort } = options;
  const bound = socket[kBoundSource];
  if (bound) checkBound(options);
  const { host, port, autoSelectFamily, sequential, timeout } = checkTcpOptions(options);
  const family = isIP(host);
  if (family) {
    const connectNow = () => {
      if (socket.connecting) connectTo(socket, { address: host, port, family, localAddress, localPort });
    };
    // The kernel knows the address of a bound socket as soon as connect(2) returns.
    if (bound) connectNow();
    else nextTick(connectNow);
    return;
  }
  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  const dns = require('dns');
  const lookup = options.lookup || dns.lookup;
  const query = { family: dnsFamily(options.family), hints: options.hints || 0 };
  if (query.family !== 4 && query.family !== 6 && query.hints === 0) query.hints = dns.ADDRCONFIG;
  debug('connect: find host', host);
  debug('connect: dns options', query);
  socket._host = host;
  const target = { port, localAddress, localPort, timeout, sequential };
  if (autoSelectFamily && !bound && query.family !== 4 && query.family !== 6 && !localAddress) {
    debug('connect: autodetecting');
    lookupAll(socket, lookup, { host, query, target, options });
    return;
  }
  lookup(host, query, (error, address, addressFamily) => {
    socket.emit('lookup', error, address, addressFamily, host);
    if (!socket.connecting) return;
    const problem = error || addressProblem(address, addressFamily, options);
    if (problem) {
      nextTick(failConnect, socket, problem);
      return;
    }
    socket._unrefTimer();
    connectTo(socket, { ...target, address, family: addressFamily });
  });
}

/**
 * Looks up all addresses of a host, for family autoselection.
 *
 * @param {import('../..').Socket} socket
 * @param {Function} lookup
 * @param {{host: string, query: Options, target: AttemptOptions, options: Options}} request
 */
function lookupAll(socket, lookup, { host, query, target, options }) {
  query.all = true;
  lookup(host, query, (error, addresses) => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit('lookup', error, undefined, undefined, host);
      nextTick(failConnect, socket, error);
      return;
    }
    const found = [];
    for (let i = 0; i < addresses?.length; i++) {
      const { address, family } = addresses[i] ?? {};
      socket.emit('lookup', error, address, family, host);
      if (!socket.connecting) return;
      found.push({ address, family });
    }
    const usable = alternateFamilies(found);
    if (usable.length === 0) {
      // For an empty list, the built-in ends the process.
      const { address, family } = addresses?.[0] ?? {};
      nextTick(failConnect, socket, addressProblem(address, family, options));
      return;
    }
    connectToFirst(socket, usable, target);
  });
}

/**
 * @param {number|string} [family] the option
 * @returns {number|string|undefined} as dns.lookup takes it
 */
function dnsFamily(family) {
  if (family === 'IPv4') return 4;
  if (family === 'IPv6') return 6;
  return family;
}

/**
 * Checks the answer of a lookup.
 *
 * @param {string} address
 * @param {number} family
 * @param {Options} options
 * @returns {Error|undefined}
 */
function addressProblem(address, family, options) {
  // A value other than a string may still convert to an address. Node before 22 ends the process over it.
  if (typeof address !== 'string' || !isIP(address)) return new codes.ERR_INVALID_IP_ADDRESS(address);
  if (family === 4 || family === 6) return undefined;
  return new codes.ERR_INVALID_ADDRESS_FAMILY(family, options.host, options.port);
}

/**
 * @param {import('../..').Socket} socket
 * @param {Error} error
 */
function failConnect(socket, error) {
  socket.destroy(error);
}

/**
 * `net.connect`, alias `net.createConnection`: a new Socket that connects.
 *
 * @param {...*} args as for `socket.connect`; options also go to the constructor, and `timeout` to `setTimeout`
 * @returns {import('../..').Socket}
 */
function connect(...args) {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  debug('createConnection', normalized);
  const socket = new Socket(options);
  if (diagnostics.clientSocket.hasSubscribers) diagnostics.clientSocket.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(/** @type {*} */ (normalized));
}

module.exports = {
  checkTcpOptions,
  connect,
  getDefaultAutoSelectFamily: builtin.getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout: builtin.getDefaultAutoSelectFamilyAttemptTimeout,
  isSequential,
  setDefaultAutoSelectFamily: builtin.setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout: builtin.setDefaultAutoSelectFamilyAttemptTimeout,
  socketConnect,
  useSocketClass,
};
