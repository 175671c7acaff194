'use strict';

// Does the work of patches.js where Node's classes lack the methods that are changed there, by documented API only. As
// there, a changed function must not refer to the copy of rsnet that has changed it.

const { defineOnHost, kChanged, setOnHost, sharedState } = require('./host-objects');
const { nameLike } = require('./mirror-members');

/** For `sharedState`: holds the socket that TLS takes for a plain stream now. */
const kPlain = Symbol.for('rsnet.plainStreams');
/** On handles: a method that hands the connection over to a handle of Node's, and returns whether it could. */
const kHandOver = Symbol.for('rsnet.handOver');

/**
 * @param {*} instance
 * @returns {boolean} whether TLS takes that socket for a plain stream now
 */
function isPlain(instance) {
  const socket = sharedState(kPlain)?.socket;
  return socket !== undefined && socket === instance;
}

/**
 * Calls a function of TLS, for which a socket is no instance of `net.Socket` meanwhile.
 * @param {*} socket
 * @param {() => *} call
 * @returns {*} the result of `call`
 */
function asPlain(socket, call) {
  // TLS itself ends the socket, once all is sent.
  if (socket?._handle?.[kHandOver]) socket.allowHalfOpen = true;
  const plain = sharedState(kPlain, () => ({ socket: undefined }));
  const before = plain.socket;
  plain.socket = socket;
  try {
    return call();
  } finally {
    plain.socket = before;
  }
}

/**
 * Lets TLS read and write through the socket, as it does with every Duplex that is no `net.Socket`.
 * @param {typeof import('tls')} tls
 */
function encryptPlain(tls) {
  if (tls.connect[kChanged]) return;
  const { connect, Server, TLSSocket } = tls;
  const members = {
    connect(...args) {
      const socket = args.find((arg) => arg !== null && typeof arg === 'object' && arg.socket)?.socket;
      return asPlain(socket, () => Reflect.apply(connect, this, args));
    },
    emit(event, ...args) {
      const emit = () => Reflect.apply(Object.getPrototypeOf(Server.prototype).emit, this, [event, ...args]);
      return event === 'connection' ? asPlain(args[0], emit) : emit();
    },
  };
  nameLike(members.connect, connect);
  members.connect[kChanged] = true;
  setOnHost(tls, 'connect', members.connect);
  defineOnHost(Server.prototype, 'emit', { value: members.emit, writable: true, configurable: true });
  setOnHost(tls, 'TLSSocket', new Proxy(TLSSocket, {
    apply: (target, self, args) => asPlain(args[0], () => Reflect.apply(target, self, args)),
    construct: (target, args, newTarget) => asPlain(args[0], () => Reflect.construct(target, args, newTarget)),
  }));
}

/**
 * Keeps handles of rsnet from the channel to another process, which cannot send them. A connected socket is handed over
 * to a handle of Node's, and sent with that.
 * @param {{send?: Function}} target with `send`: a child process, or `process`
 */
function guardSend(target) {
  const { send } = target;
  if (typeof send !== 'function' || send[kChanged]) return;
  const method = {
    send(message, sent, ...rest) {
      const handle = sent?._handle ?? sent?.handle ?? sent;
      const isOwn = handle?.[kHandOver] !== undefined;
      if (isOwn && !(handle === sent._handle && handle[kHandOver]())) {
        throw Object.assign(new TypeError('This handle type cannot be sent'), { code: 'ERR_INVALID_HANDLE_TYPE' });
      }
      return Reflect.apply(send, this, [message, sent, ...rest]);
    },
  };
  nameLike(method.send, send);
  method.send[kChanged] = true;
  setOnHost(target, 'send', method.send);
}

module.exports = { encryptPlain, guardSend, isPlain, kHandOver };
