'use strict';

// What stands in for `patches` where the host's classes lack the methods that are changed there. It keeps to the
// documented API of Node. As there, nothing here refers to the copy of rsnet that has changed the host.

const { builtin } = require('./builtin');
const { nameLike } = require('./mirror-members');

/** On the host's Socket, for all copies of rsnet: which socket TLS shall take for a plain stream. */
const kPlain = Symbol.for('rsnet.plainStream');
/** On handles: lets the connection go on with a handle of the host; tells whether that was possible. */
const kGiveToHost = Symbol.for('rsnet.giveToHost');
/** On what was changed here. */
const kChanged = Symbol.for('rsnet.changed');

/**
 * @param {*} instance
 * @returns {boolean} whether TLS is about to take that socket for a plain stream
 */
function isPlain(instance) {
  return builtin.Socket[kPlain] !== undefined && builtin.Socket[kPlain] === instance;
}

/**
 * Calls a function of TLS during which a socket is no instance of `net.Socket`.
 *
 * @param {*} socket
 * @param {function(): *} call
 * @returns {*} what it returns
 */
function asPlain(socket, call) {
  // TLS ends the socket itself, when all is sent.
  if (socket?._handle?.[kGiveToHost]) socket.allowHalfOpen = true;
  const before = builtin.Socket[kPlain];
  builtin.Socket[kPlain] = socket;
  try {
    return call();
  } finally {
    builtin.Socket[kPlain] = before;
  }
}

/**
 * Lets TLS take sockets for plain streams, as it does with every other Duplex: it cannot have their handles.
 *
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
  tls.connect = members.connect;
  Object.defineProperty(Server.prototype, 'emit', { value: members.emit, writable: true, configurable: true });
  tls.TLSSocket = new Proxy(TLSSocket, {
    apply: (target, self, args) => asPlain(args[0], () => Reflect.apply(target, self, args)),
    construct: (target, args, newTarget) => asPlain(args[0], () => Reflect.construct(target, args, newTarget)),
  });
}

/**
 * Keeps handles of rsnet from the channel to another process, which cannot have them. A connected socket goes on with a
 * handle of the host and is sent with that one.
 *
 * @param {object} target with `send`: a child process, or `process`
 */
function guardSend(target) {
  const { send } = target;
  if (typeof send !== 'function' || send[kChanged]) return;
  const method = {
    send(message, sent, ...rest) {
      const handle = sent?._handle ?? sent?.handle ?? sent;
      const isOwn = handle?.[kGiveToHost] !== undefined;
      if (isOwn && !(handle === sent._handle && handle[kGiveToHost]())) {
        throw Object.assign(new TypeError('This handle type cannot be sent'), { code: 'ERR_INVALID_HANDLE_TYPE' });
      }
      return Reflect.apply(send, this, [message, sent, ...rest]);
    },
  };
  nameLike(method.send, send);
  method.send[kChanged] = true;
  target.send = method.send;
}

module.exports = { encryptPlain, guardSend, isPlain, kGiveToHost };
