'use strict';

/** `server.listen()`: its forms, and the handle for each. */

const { onconnection } = require('./accept');
const { isPipeName, normalizeArgs, toNumber } = require('./arguments');
const { BoundSocket, kConsume, kPath } = require('./bound-socket');
const { nextTick } = require('../node/captured');
const { keepTickShape } = require('../node/tick-shape');
const { asksPrimary, requestHandle } = require('./cluster-listen');
const { applyToListener } = require('./kernel-options');
const { debug } = require('../node/debug');
const { descriptorNamed } = require('./listen-descriptors');
const { closeOnAbort } = require('./listen-signal');
const { serverListenStart, serverListenEnd, serverListenError } = require('./diagnostics');
const { codes, ErrnoException, ExceptionWithHostPort, UVExceptionWithHostPort } = require('../node/errors');
const { adoptHandle, beginOrClose, createHandle } = require('../handle/foreign');
const { Handle, TCP, Pipe } = require('../handle');
const { hasMessages } = require('./messages');
const host = require('../node/versions');
const { rememberProxyProtocol } = require('./proxy-protocol');
const { applyPause, pauseRefusal } = require('./server-pause');
const { async_id_symbol, owner_symbol } = require('../handle/socket-symbols');
const { applyUnlink, closeUnused, differsFromNode, rememberUnlink, unlinkRefusal } = require('./unlink-on-close');
const { UV_ECANCELED, UV_EINVAL } = require('../node/errno');
const { validatePort } = require('../node/validators');

const { ERR_INVALID_ARG_VALUE, ERR_INVALID_FD_TYPE, ERR_OUT_OF_RANGE, ERR_SERVER_ALREADY_LISTEN } = codes;

/** Default backlog: connections that may wait for accept(2). */
const DEFAULT_BACKLOG = 511;

/**
 * @param {Server} server
 * @param {Error} error
 */
function emitError(server, error) {
  server.emit('error', error);
}

/**
 * @param {Server} server
 */
function emitListening(server) {
  // The program may have closed it in the meantime.
  if (server._handle) server.emit('listening');
}

/**
 * Reports a failed listen(), in the next tick.
 * @param {Server} server
 * @param {Error} error
 */
function fail(server, error) {
  if (serverListenError.hasSubscribers) serverListenError.publish({ server, error });
  nextTick(emitError, server, error);
}

/**
 * Makes a bound handle.
 * @param {string|null} address a numeric IP address; with port and addressType -1, a path; none with `fd`
 * @param {number} port
 * @param {number} addressType 4 or 6
 * @param {number} [fd] a descriptor to take over instead
 * @param {number} [flags] TCP.UV_TCP_IPV6ONLY, TCP.UV_TCP_REUSEPORT
 * @param {(handle: AnyHandle) => number} [prepare] what comes before bind(2)
 * @param {boolean} [takesMessages] as for `createHandle`
 * @returns {AnyHandle|number} the handle or a negated errno
 * @throws {Error} ERR_ACCESS_DENIED where the permission model refuses it
 */
function createServerHandle(address, port, addressType, fd, flags, prepare = () => 0, takesMessages = false) {
  const bindTo = (handle, bind) => bound(handle, () => prepare(handle) || bind(handle));
  if (typeof fd === 'number' && fd >= 0) return openServerHandle(fd, takesMessages);
  if (port === -1 && addressType === -1) {
    debug('bind to', address);
    return bindTo(new Pipe(Pipe.SERVER), (handle) => handle.bind(/** @type {string} */ (address)));
  }
  debug('bind to', address || 'any');
  if (!address) {
    const handle = bindTo(new TCP(TCP.SERVER), (any) => any.bind6('::', port, flags));
    if (typeof handle !== 'number') return handle;
    return createServerHandle('0.0.0.0', port, 4, undefined, flags, prepare);
  }
  return bindTo(new TCP(TCP.SERVER), (handle) => (addressType === 6 ?
      handle.bind6(address, port, flags) :
      handle.bind(address, port, flags)));
}

/**
 * @param {number} fd
 * @param {boolean} takesMessages as for `createHandle`
 * @returns {AnyHandle|number} a handle that owns the descriptor, or a negated errno
 */
function openServerHandle(fd, takesMessages) {
  let handle;
  try {
    handle = createHandle(fd, true, takesMessages);
  } catch (error) {
    if (!(error instanceof ERR_INVALID_FD_TYPE || error instanceof ERR_OUT_OF_RANGE)) throw error;
    debug('listen invalid fd=%d:', fd, error.message);
    return UV_EINVAL;
  }
  return bound(handle, () => handle.open(fd));
}

/**
 * @param {*} handle new
 * @param {(handle: AnyHandle) => number} bind
 * @returns {AnyHandle|number} the handle, or the status of `bind` if that is an error
 */
function bound(handle, bind) {
  const status = beginOrClose(handle, bind);
  return status ? status : handle;
}

/**
 * Makes `this` server listen on its handle, or on a new one.
 * @this {Server}
 * @param {*} address a numeric IP address or a path; none = any address
 * @param {number} port -1 for a path
 * @param {number} addressType 4 or 6, -1 for a path
 * @param {number} [backlog] connections that may wait for accept(2)
 * @param {number} [fd] a descriptor to take over instead
 * @param {number} [flags] as for `createServerHandle`
 */
function setupListenHandle(address, port, addressType, backlog, fd, flags) {
  debug('setupListenHandle', address, port, addressType, backlog, fd);
  if (this._handle) {
    debug('setupListenHandle: have a handle already');
  } else {
    debug('setupListenHandle: create a handle');
    let problem;
    const prepare = (made) => {
      problem = applyToListener(this, made);
      applyUnlink(this, made);
      return problem ? UV_ECANCELED : 0;
    };
    /** @type {AnyHandle|number|null} */
    let handle = null;
    if (!address && typeof fd !== 'number') {
      // Any address: `::`, which takes IPv4 as well, unless the system has no IPv6.
      handle = createServerHandle('::', port, 6, fd, flags, prepare);
      if (typeof handle === 'number') {
        handle = null;
        address = '0.0.0.0';
        addressType = 4;
      } else {
        address = '::';
        addressType = 6;
      }
    }
    handle ??= createServerHandle(address, port, addressType, fd, flags, prepare, hasMessages(this));
    if (typeof handle === 'number') {
      fail(this, problem ?? new UVExceptionWithHostPort(handle, 'listen', address, port));
      return;
    }
    this._handle = handle;
  }

  this[async_id_symbol] = this._handle.getAsyncId?.() ?? -1;
  this._handle.onconnection = onconnection;
  this._handle[owner_symbol] = this;

  const refusal = pauseRefusal(this) ?? applyToListener(this);
  if (refusal) {
    closeUnused(this._handle);
    this._handle = null;
    fail(this, refusal);
    return;
  }
  const status = this._handle.listen(backlog || DEFAULT_BACKLOG);
  if (status) {
    closeUnused(this._handle);
    this._handle = null;
    fail(this, new UVExceptionWithHostPort(status, 'listen', address, port));
    return;
  }
  applyPause(this);
  this._connectionKey = `${addressType}:${address}:${port}`;
  if (this._unref) this.unref();
  if (serverListenEnd.hasSubscribers) serverListenEnd.publish({ server: this });
  keepTickShape();
  nextTick(emitListening, this);
}

/**
 * Gets a handle for a place and listens there. Every form of listen() ends here.
 * @param {Server} server
 * @param {ListenPlace} place
 */
function obtainHandle(server, place) {
  const { address, port, addressType, backlog, fd, flags } = place;
  if (!asksPrimary(place.exclusive)) {
    server._listen2(address, port, addressType, backlog, fd, flags);
    return;
  }
  const listeningId = server._listeningId;
  requestHandle(server, place, (status, handle) => {
    // The program has closed the server, or called listen() again, in the meantime.
    if (server._listeningId !== listeningId) {
      handle?.close();
      return;
    }
    if (status) {
      fail(server, new ExceptionWithHostPort(status, 'bind', address, port));
      return;
    }
    server._handle = /** @type {AnyHandle} */ (handle);
    server._listen2(address, port, addressType, backlog, fd, flags);
  });
}

/**
 * @param {Array<{address: string, family: number}>} addresses
 * @returns {{address: string, family: number}} the first that is not link-local (RFC 4291, 2.5.6: no use without a
 *   zone), else the first
 */
function preferGlobal(addresses) {
  return addresses.find(({ address, family }) => family !== 6 || !/^fe[89ab][0-9a-f]:/i.test(address)) ?? addresses[0];
}

/**
 * Listens on the address of a host name.
 * @param {Server} server
 * @param {Omit<ListenPlace, 'addressType'> & {address: string}} place with the name as `address`
 */
function lookupAndListen(server, place) {
  const listeningId = server._listeningId;
  const found = (err, address, family) => {
    // The program has closed the server, or called listen() again, in the meantime.
    if (server._listeningId !== listeningId) return;
    if (err) {
      server.emit('error', err);
      return;
    }
    obtainHandle(server, { ...place, address, addressType: address ? family : 4 });
  };
  const dns = require('dns');
  if (host.listenAvoidsLinkLocal) {
    dns.lookup(place.address, { all: true }, (err, addresses) => {
      if (err) return found(err);
      const best = preferGlobal(addresses);
      found(null, best.address, best.family);
    });
  } else {
    dns.lookup(place.address, found);
  }
}

/**
 * Takes the handle that listen() gets in place of an address.
 * @param {Server} server
 * @param {Options} options what was given, or its `handle` or `_handle`
 * @returns {AnyHandle|null}
 * @throws {Error} when it was adopted before, or can't be
 */
function givenHandle(server, options) {
  if (options instanceof BoundSocket) {
    const path = options[kPath];
    const handle = /** @type {AnyHandle} */ (options[kConsume]());
    if (path !== undefined) server._pipeName = path;
    return handle;
  }
  const handle = adoptHandle(options);
  return handle instanceof Handle ? /** @type {AnyHandle} */ (handle) : null;
}

/**
 * @param {Server} server
 * @param {Options} options with `path`, and perhaps `readableAll`, `writableAll`
 * @param {number} backlog
 * @throws {TypeError} ERR_INVALID_ARG_VALUE for rights to a name that is not in the file system, or for a bad
 *   `unlinkOnClose`
 * @throws {Error} of the system call chmod
 */
function listenOnPath(server, options, backlog) {
  if (process.platform === 'linux' && options.path[0] === '\0' && (options.readableAll || options.writableAll)) {
    const reason = 'can not set readableAll or writableAllt to true when path is abstract unix socket';
    throw new ERR_INVALID_ARG_VALUE('options', options, reason);
  }
  const { unlinkOnClose } = options;
  rememberUnlink(server, unlinkOnClose);
  // The primary of a cluster binds with a handle of Node's, and closes it.
  if (differsFromNode(unlinkOnClose) && asksPrimary(options.exclusive)) {
    fail(server, new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('unlinkOnClose'));
    return;
  }
  server._pipeName = options.path;
  const { path, exclusive, readableAll, writableAll } = options;
  obtainHandle(server, { address: path, port: -1, addressType: -1, backlog, exclusive, readableAll, writableAll });
  // It failed, and the next tick emits the error.
  if (!server._handle) return;
  let mode = 0;
  if (options.readableAll === true) mode |= Pipe.UV_READABLE;
  if (options.writableAll === true) mode |= Pipe.UV_WRITABLE;
  if (mode === 0) return;
  const status = server._handle.fchmod(mode);
  if (!status) return;
  closeUnused(server._handle);
  server._handle = null;
  throw new ErrnoException(status, 'uv_pipe_chmod');
}

/**
 * @param {Server} server
 * @param {Options} options with `port`, and perhaps `host`, `ipv6Only`, `reusePort`
 * @param {number} backlog
 * @throws {RangeError} ERR_SOCKET_BAD_PORT
 */
function listenOnPort(server, options, backlog) {
  const port = validatePort(options.port, 'options.port');
  let flags = options.ipv6Only === true ? TCP.UV_TCP_IPV6ONLY : 0;
  if (options.reusePort === true) flags |= TCP.UV_TCP_REUSEPORT;
  // With SO_REUSEPORT each worker has a socket of its own.
  const exclusive = options.exclusive || options.reusePort === true;
  if (options.host) {
    lookupAndListen(server, { address: options.host, port, backlog, flags, exclusive });
  } else {
    obtainHandle(server, { address: null, port, addressType: 4, backlog, flags, exclusive });
  }
}

/**
 * The method Server.prototype.listen:
 * `listen(handle[, backlog][, callback])`, `listen(options[, callback])`,
 * `listen(path[, backlog][, callback])`, `listen([port[, host[, backlog]]][, callback])`.
 * @this {Server}
 * @param {...*} args
 * @returns {Server} this
 * @throws {Error|TypeError|RangeError} ERR_SERVER_ALREADY_LISTEN, or for bad arguments; failures of the
 *   system come as 'error'
 */
function listen(...args) {
  const normalized = normalizeArgs(args);
  const callback = normalized[1];
  let options = normalized[0];

  if (this._handle) throw new ERR_SERVER_ALREADY_LISTEN();
  // Servers of `http` do not pass the options of their constructor on.
  rememberProxyProtocol(this, options.proxyProtocol);
  if (serverListenStart.hasSubscribers) serverListenStart.publish({ server: this, options });
  if (callback !== null) this.once('listening', callback);
  this._listeningId++;

  /** @type {*} */
  const backlogFromArgs = toNumber(args.length > 1 && args[1]) || toNumber(args.length > 2 && args[2]);
  const { unlinkOnClose } = options;
  const given = options._handle || options.handle;
  options = given || options;
  const isOwn = given instanceof BoundSocket || given instanceof Handle;
  const refusal = given && unlinkRefusal(this, unlinkOnClose, isOwn);
  if (refusal) {
    fail(this, refusal);
    return this;
  }
  const handle = givenHandle(this, options);
  if (handle !== null) {
    applyUnlink(this, handle);
    this._handle = handle;
    this[async_id_symbol] = handle.getAsyncId();
    obtainHandle(this, { address: null, port: -1, addressType: -1, backlog: backlogFromArgs, exclusive: true });
    return this;
  }
  closeOnAbort(this, options.signal);
  const backlog = options.backlog || backlogFromArgs;
  const fd = options.fdName === undefined ? options.fd : descriptorNamed(options.fdName);
  if (typeof fd === 'number' && fd >= 0) {
    rememberUnlink(this, unlinkOnClose);
    obtainHandle(this, { address: null, port: null, addressType: null, backlog: backlogFromArgs, fd });
    return this;
  }

  const anyPort = args.length === 0 || typeof args[0] === 'function' || options.port === null ||
    (options.port === undefined && 'port' in options);
  if (anyPort) options.port = 0;
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    listenOnPort(this, options, backlog);
    return this;
  }
  if (options.path && isPipeName(options.path)) {
    listenOnPath(this, options, backlog);
    return this;
  }
  if (!('port' in options || 'path' in options)) {
    throw new ERR_INVALID_ARG_VALUE('options', options, 'must have the property "port" or "path"');
  }
  throw new ERR_INVALID_ARG_VALUE('options', options);
}

module.exports = { listen, setupListenHandle };
