'use strict';

/**
 * `rsnet/undici`: a connector for undici, and with it for the global `fetch`.
 *
 *     const { Agent, setGlobalDispatcher } = require('undici');
 *     const { connector } = require('rsnet/undici');
 *     setGlobalDispatcher(new Agent({ connect: connector() }));
 *
 * undici's own `buildConnector` calls `net.connect`, which is rsnet's only under `rsnet/register`.
 */

const { connect } = require('../../index.js');
const { builtin } = require('../node/builtin');
const { clearTimeout, setTimeout } = require('../node/captured');

/** Time limit of a connect in milliseconds, as in undici. */
const TIMEOUT = 10_000;

/** Milliseconds of silence before the first keep-alive probe. */
const KEEP_ALIVE_DELAY = 60_000;

/** Bytes that a connection buffers. */
const HIGH_WATER_MARK = 64 * 1024;

/** TLS sessions kept for resumption. */
const MAX_CACHED_SESSIONS = 100;

/** No connection within the time limit; the name and code are undici's. */
class ConnectTimeoutError extends Error {
  /**
   * @param {string} target
   * @param {number} timeout milliseconds
   */
  constructor(target, timeout) {
    super(`Connect Timeout Error (attempted address: ${target}, timeout: ${timeout}ms)`);
    this.name = 'ConnectTimeoutError';
    this.code = 'UND_ERR_CONNECT_TIMEOUT';
  }
}

/** The last TLS session of each host. The oldest is dropped first. */
class Sessions {
  /** @param {number} max */
  constructor(max) {
    this.max = max;
    this.byHost = new Map();
  }

  /**
   * @param {string} host
   * @param {Buffer} session
   */
  keep(host, session) {
    if (this.max === 0) return;
    this.byHost.delete(host);
    if (this.byHost.size >= this.max) this.byHost.delete(this.byHost.keys().next().value);
    this.byHost.set(host, session);
  }
}

/**
 * @param {Options} settings of the connector
 * @param {Sessions} sessions
 * @param {Options} target undici's request
 * @returns {import('tls').TLSSocket} a TLSSocket on undici's `httpSocket`, or else on a connection of rsnet
 */
function connectTls(settings, sessions, target) {
  const tls = require('tls');
  const { allowH2, socketPath, ...options } = settings;
  const { hostname, localAddress, httpSocket } = target;
  const servername = target.servername || options.servername || (target.host ?? hostname).replace(/:\d*$/, '');
  const key = servername || hostname;
  const port = Number(target.port || 443);
  const tlsOptions = {
    highWaterMark: HIGH_WATER_MARK,
    ALPNProtocols: allowH2 ? ['http/1.1', 'h2'] : ['http/1.1'],
    // Bad options throw here, before a connection exists.
    secureContext: options.secureContext ?? tls.createSecureContext(options),
    ...options,
    // RFC 6066, 3: no literal addresses.
    servername: builtin.isIP(servername) ? '' : servername,
    session: options.session ?? sessions.byHost.get(key) ?? null,
    localAddress,
    port,
    host: hostname,
  };
  const socket = tls.connect({ ...tlsOptions, socket: httpSocket ?? connectPlain(settings, target, port) });
  socket.on('session', (session) => sessions.keep(key, session));
  return socket;
}

/**
 * @param {Options} settings of the connector
 * @param {Options} target undici's request
 * @param {number} port
 * @returns {Socket}
 */
function connectPlain(settings, { hostname, localAddress }, port) {
  const { socketPath } = settings;
  const place = socketPath ? { path: socketPath } : { port, host: hostname, localAddress };
  return connect({ highWaterMark: HIGH_WATER_MARK, ...settings, ...place });
}

/**
 * Calls back once, when there is a connection, an error, or no time left.
 *
 * @param {import('net').Socket} socket that connects
 * @param {{isTls: boolean, timeout: number, target: string}} about `timeout` in milliseconds, 0 = none
 * @param {((error: Error|null, socket: object|null) => void)|null} callback
 */
function whenConnected(socket, { isTls, timeout, target }, callback) {
  let timer;
  const settle = (error) => {
    clearTimeout(timer);
    if (callback === null) return;
    const done = callback;
    callback = null;
    if (error) done(error, null);
    else done(null, socket);
  };
  if (timeout > 0) timer = setTimeout(() => socket.destroy(new ConnectTimeoutError(target, timeout)), timeout);
  socket.setNoDelay(true).once(isTls ? 'secureConnect' : 'connect', () => settle(null)).on('error', settle);
}

/**
 * A connector for undici: the option `connect` of its Agent, Client and Pool.
 *
 * @param {object} [options] those of undici's own `buildConnector`, and those of `net.connect` and `tls.connect`
 * @param {number} [options.timeout] milliseconds for a connect with its TLS handshake; 0 = no limit
 * @param {boolean} [options.allowH2] offer HTTP/2
 * @param {number} [options.maxCachedSessions] TLS sessions kept for resumption, 0 = none
 * @param {string} [options.socketPath] a Unix socket to connect to, in place of the URL's host
 * @param {boolean} [options.keepAlive] probe silent connections; true unless false
 * @param {number} [options.keepAliveInitialDelay] milliseconds of silence before that
 * @returns {(target: Options, callback: (error: Error|null, socket: object|null) => void) => object} connects for
 *   undici, and gives the socket
 * @throws {TypeError} when `maxCachedSessions` is no whole number of at least 0
 */
function connector(options = {}) {
  const { timeout = TIMEOUT, maxCachedSessions = MAX_CACHED_SESSIONS, ...given } = options;
  if (!Number.isInteger(maxCachedSessions) || maxCachedSessions < 0) {
    throw new TypeError('maxCachedSessions must be a positive integer or zero');
  }
  const settings = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY, ...given };
  const sessions = new Sessions(maxCachedSessions);
  return function connectForUndici(target, callback) {
    const isTls = target.protocol === 'https:';
    const socket = isTls
      ? connectTls(settings, sessions, target)
      : connectPlain(settings, target, Number(target.port || 80));
    const port = target.port || (isTls ? 443 : 80);
    whenConnected(socket, { isTls, timeout, target: settings.socketPath ?? `${target.hostname}:${port}` }, callback);
    return socket;
  };
}

module.exports = { connector };
