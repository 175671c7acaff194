'use strict';

// `connect` of a Socket that the built-in runs: that of a TLSSocket which makes its connection itself, as for
// tls.connect() and https.request(). Its handle is the host's, and the host connects it.
//
// Some things the host cannot do: let attempts race, set options of the kernel, send a PROXY header. Then a Socket of
// rsnet's connects, here "the plain Socket". The host asks its own handle to connect as ever. That handle waits, opens
// the descriptor of the plain Socket once that is connected, and tells the host that it is.

const fs = require('fs');
const { SEQUENTIAL, connectArgs } = require('./arguments');
const { alternateFamilies } = require('./attempts');
const { checkTcpOptions, isSequential } = require('./connect');
const { boundConnect, connectTimeoutOf } = require('./connect-timeout');
const { KERNEL_OPTIONS, given } = require('./kernel-option-names');
const { proxyHeaderOf } = require('./proxy-protocol');
const { kStandsIn } = require('../node/active-handles');
const { record } = require('../node/capabilities');
const { UV_EALREADY, UV_EBADF } = require('../node/errno');
const { codes } = require('../node/errors');
const { hostConnect } = require('../node/host-run-sockets');
const { renameEntry } = require('../node/perf-entries');

/** @type {SocketClass} */
let Socket;

/** What programs wrap to see or refuse connects. They are asked for the TLSSocket alone. */
const WRAPPED = ['_destroy', 'connect', 'destroy', 'emit', 'on', 'once', 'pause', 'write'];

/** These members of Socket as rsnet and Node have made them. */
let unwrapped = [];

/** @param {SocketClass} Class Socket, which needs what is here itself */
function useSocketClass(Class) {
  Socket = Class;
  unwrapped = WRAPPED.map((name) => Class.prototype[name]);
}

/**
 * @param {Options} options of the constructor
 * @returns {Socket} a plain one
 */
function newPlain(options) {
  const plain = new Socket(options);
  WRAPPED.forEach((name, i) => Object.defineProperty(plain, name, { value: unwrapped[i], writable: true }));
  plain[kStandsIn] = true;
  return plain;
}

/** Events that the Socket has from the plain one. */
const FORWARDED = ['connectionAttempt', 'connectionAttemptTimeout', 'connectionAttemptFailed'];

/** The detour of each of the host's handles that is to be connected by one. */
const detours = new WeakMap();

/**
 * @param {Options} options of `connect`
 * @param {Options} [changed]
 * @returns {Options} for the host, whose attempts are made one after the other. A program may have inherited options.
 */
function forHost(options, changed) {
  const plain = options.autoSelectFamily === SEQUENTIAL ? { autoSelectFamily: true } : undefined;
  return plain || changed ? Object.assign(Object.create(options), plain, changed) : options;
}

/** The connect of one Socket by way of a plain one. */
class Detour {
  /**
   * @param {Socket} socket
   * @param {*} handle the host's below it, which is not to connect itself
   * @param {Options} options of `connect`
   * @param {boolean} isAsked whether they ask for what the host cannot do at all; otherwise attempts may race
   * @throws {TypeError|RangeError} for an option of the kernel with a value of the wrong kind
   */
  constructor(socket, handle, options, isAsked) {
    this.socket = socket;
    this.handle = handle;
    this.options = options;
    this.isAsked = isAsked;
    this.hasBegun = false;
    /** @type {Array<{address: string, family: number}>|undefined} what was found, if that is more than one address */
    this.found = undefined;
    /** @type {string[]} the members of the handle that are not its own now */
    this.replaced = [];
    /** @type {*} the plain Socket, which `begin` makes at the latest */
    this.plain = isAsked ? this.makePlain() : undefined;
    detours.set(handle, this);
    if (isAsked) this.intercept();
  }

  /** @returns {Socket} */
  makePlain() {
    const { options } = this;
    return newPlain(Object.fromEntries(given(options).map((name) => [name, options[name]])));
  }

  /** @returns {Options} of the host's `connect` */
  get hostOptions() {
    const { isAsked, options } = this;
    const lookup = options.lookup ?? require('dns').lookup;
    return forHost(options, {
      // The plain Socket binds. The host asks for one address then.
      ...isAsked && options.localAddress && { autoSelectFamily: false },
      ...isAsked && { localAddress: undefined, localPort: undefined },
      ...typeof lookup === 'function' && { lookup: (...args) => this.lookUp(lookup, args) },
    });
  }

  /** Whether the host still waits for an answer of the lookup, and has not been told to stop. */
  get isWaiting() {
    const { handle, hasBegun, options, socket } = this;
    const isOwn = /** @type {*} */ (socket._handle)?._parent === handle && detours.get(handle) === this;
    return socket.connecting && isOwn && !hasBegun && options.signal?.aborted !== true;
  }

  /**
   * Looks up for the host. Of several addresses it gets the first alone.
   *
   * @param {Function} lookup
   * @param {Array} args of the host's call
   */
  lookUp(lookup, [host, query, callback]) {
    lookup(host, query, (error, answer, family) => {
      const list = error || !query.all ? [] : Array.from(answer ?? [], (each) => each ?? {});
      if (!error && query.all && list.length === 0) {
        // The built-in ends the process.
        callback(new codes.ERR_INVALID_IP_ADDRESS());
        return;
      }
      const { socket } = this;
      const usable = alternateFamilies(list);
      const wanted = usable.find((each) => !socket.blockList?.check(each.address, `ipv${each.family}`));
      if (usable.length < 2 || wanted === undefined || !this.isWaiting) {
        callback(error, answer, family);
        return;
      }
      const first = list.findIndex((each) => each.address === wanted.address && each.family === wanted.family);
      this.found = usable;
      /** @type {Options} */ (socket).autoSelectFamilyAttemptedAddresses = [];
      const tell = (addresses) => {
        for (const each of addresses) {
          if (socket.connecting) socket.emit('lookup', error, each.address, each.family, host);
        }
      };
      tell(list.slice(0, first));
      if (!this.isAsked) this.intercept();
      // The host emits its own 'lookup', and asks the handle to connect.
      this.behindLookup(() => tell(list.slice(first + 1)), () => callback(error, [list[first]]));
    });
  }

  /**
   * @param {() => void} then called behind the 'lookup' that is emitted meanwhile. A listener would count as one.
   * @param {() => void} run
   */
  behindLookup(then, run) {
    const { socket } = this;
    const own = Object.getOwnPropertyDescriptor(socket, 'emit');
    const { emit } = socket;
    const watch = (...args) => {
      if (args[0] === 'lookup') restore();
      const result = Reflect.apply(emit, socket, args);
      if (args[0] === 'lookup') then();
      return result;
    };
    const restore = () => {
      if (socket.emit !== watch) return;
      delete /** @type {Partial<Socket>} */ (socket).emit;
      if (own) Object.defineProperty(socket, 'emit', own);
    };
    Object.defineProperty(socket, 'emit', { value: watch, configurable: true, writable: true });
    try {
      run();
    } finally {
      restore();
    }
  }

  /** Takes the place of the connecting methods of the host's handle. */
  intercept() {
    const begin = (req, address, port) => {
      this.begin(req, address, port);
      return 0;
    };
    this.replace({ connect: begin, connect6: begin });
  }

  /** @param {Record<string, Function>} members of the host's handle for now */
  replace(members) {
    for (const [name, value] of Object.entries(members)) {
      Object.defineProperty(this.handle, name, { value, configurable: true, writable: true });
    }
    this.replaced = Object.keys(members);
  }

  /**
   * The host has asked its handle to connect.
   *
   * @param {*} req the host's request
   * @param {string} address
   * @param {number} [port] a path has none
   */
  begin(req, address, port) {
    const { handle, options, socket } = this;
    const plain = this.plain ??= this.makePlain();
    this.hasBegun = true;
    // As libuv's handles, it connects once at a time.
    const connect = () => UV_EALREADY;
    this.replace({
      connect,
      connect6: connect,
      getsockname: (out) => plain._handle?.getsockname?.(out) ?? UV_EBADF,
      ref: () => this.pass('ref'),
      unref: () => this.pass('unref'),
      close: (callback) => this.close(callback),
    });
    this.forward(address);
    plain.on('error', (error) => socket.destroy(error));
    plain.on('connect', () => {
      // Behind the PROXY header.
      if (options.proxyProtocol) plain.write('', (error) => error || this.arrive(req));
      else this.arrive(req);
    });
    plain.pause();
    if (socket.blockList) plain.blockList = socket.blockList;
    plain.connect(this.target(address, port));
    if (handle.hasRef?.() === false) plain.unref();
  }

  /** @param {string} told the address whose attempt the host has announced */
  forward(told) {
    const { plain, socket } = this;
    let isTold = true;
    for (const name of FORWARDED) {
      plain.on(name, (address, ...rest) => {
        const attempted = plain.autoSelectFamilyAttemptedAddresses;
        if (this.found) /** @type {Options} */ (socket).autoSelectFamilyAttemptedAddresses = attempted;
        if (isTold && address === told && name === 'connectionAttempt') isTold = false;
        else socket.emit(name, address, ...rest);
      });
    }
  }

  /**
   * @param {string} address
   * @param {number} [port] a path has none
   * @returns {*} options of the plain Socket's `connect`
   */
  target(address, port) {
    const { found, options } = this;
    const { autoSelectFamilyAttemptTimeout, localAddress, localPort, proxyProtocol } = options;
    if (port === undefined) return { path: address, proxyProtocol };
    const place = { port, localAddress, localPort, proxyProtocol };
    if (found === undefined) return { ...place, host: address };
    return {
      ...place,
      host: options.host || 'localhost',
      lookup: (host, query, callback) => callback(null, found),
      autoSelectFamily: options.autoSelectFamily ?? true,
      autoSelectFamilyAttemptTimeout,
    };
  }

  /** @param {'ref'|'unref'} name of a method */
  pass(name) {
    this.plain[name]();
    Object.getPrototypeOf(this.handle)[name].call(this.handle);
  }

  /**
   * The host closes its handle. It hears of that behind the ends of all attempts, as from libuv.
   *
   * @param {(() => void)} [callback]
   */
  close(callback) {
    const { handle, plain } = this;
    let open = 2;
    const closed = () => {
      if (--open === 0) callback?.();
    };
    plain.once('close', closed);
    this.end();
    handle.close(closed);
  }

  /**
   * The plain Socket is connected.
   *
   * @param {*} req the host's request
   */
  arrive(req) {
    const { handle, plain, socket } = this;
    const fd = plain._handle.dup();
    if (this.found) {
      // Not every address is the one that the host knows of.
      req.address = plain.remoteAddress;
      renameEntry(socket, req.address);
    }
    this.end();
    const status = fd < 0 ? fd : handle.open(fd);
    if (fd >= 0 && status) fs.closeSync(fd);
    req.oncomplete(status, handle, req, true, true);
  }

  /** Gives the host's handle its own members back, and needs the plain Socket no more. */
  end() {
    if (detours.get(this.handle) === this) detours.delete(this.handle);
    for (const name of this.replaced) delete this.handle[name];
    this.replaced = [];
    this.plain?.destroy();
  }
}

/**
 * @param {Socket} socket
 * @param {Options} options of `connect`
 * @returns {boolean} whether its attempts race, if the host asks a lookup for all addresses and there are several
 */
function mayRace(socket, options) {
  return options.path == null && !options.localPort && !isSequential(options) && !socket.blockList;
}

/**
 * @param {Options} options of `connect`
 * @returns {boolean} whether they ask for what the host cannot do
 * @throws {TypeError|RangeError} for a bad one, and one that the host's sockets cannot have
 */
function isAskedOf(options) {
  const names = given(options);
  const refused = names.find((name) => KERNEL_OPTIONS[name].isUnix);
  if (refused !== undefined) throw new codes.ERR_INVALID_HANDLE_TYPE(refused);
  const isAsked = proxyHeaderOf(options) !== undefined || names.length > 0;
  if (isAsked && options.path == null) checkTcpOptions(options);
  return isAsked;
}

/**
 * @param {Socket} socket that is to connect
 * @param {Options} options of `connect`
 * @returns {Detour|undefined} undefined where the host is to connect
 * @throws {TypeError|RangeError} for an option of rsnet's with a value of the wrong kind, or one that cannot be had
 */
function detourFor(socket, options) {
  const isAsked = isAskedOf(options);
  const handle = /** @type {*} */ (socket._handle)?._parent;
  const earlier = handle && detours.get(handle);
  // The host's handle says that it connects already, or is connected.
  if (earlier?.hasBegun || handle?.fd >= 0) return undefined;
  earlier?.end();
  if (!isAsked && !mayRace(socket, options)) return undefined;
  const canOpen = typeof handle?.open === 'function';
  if ('encrypted' in socket && socket._handle) record('tlsConnects', canOpen);
  // Where the permission model is on, the host's handles do not open descriptors.
  if (canOpen && process.permission === undefined) return new Detour(socket, handle, options, isAsked);
  if (isAsked) throw new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(given(options)[0] ?? 'proxyProtocol');
  return undefined;
}

/**
 * `socket.connect`. Takes the options of rsnet's as well.
 *
 * @this {Socket}
 * @param {...*} args as for `socket.connect`
 * @returns {Socket} this
 * @throws {TypeError|RangeError} for bad arguments
 */
function connectHostRun(...args) {
  const [options, listener] = connectArgs(args);
  const timeout = connectTimeoutOf(options);
  const detour = detourFor(this, options);
  const hostOptions = detour?.hostOptions ?? forHost(options);
  try {
    if (hostOptions === options) Reflect.apply(hostConnect, this, args);
    else Reflect.apply(hostConnect, this, [hostOptions, listener].filter(Boolean));
  } catch (error) {
    detour?.end();
    throw error;
  }
  boundConnect(this, timeout);
  return this;
}

module.exports = { connectHostRun, useSocketClass };
