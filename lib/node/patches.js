'use strict';

// Changes of Node's own classes, so that Node's modules can work with rsnet's objects.
//
// Each change is made once, and there may be several copies of rsnet (jest loads one for each file). So a changed
// method must not refer to the copy that has changed it, which could never be collected then. It recognises the objects
// of all copies by symbols, and does not use `require`, which refers to all modules.

const { constants: { errno } } = require('os');
const { builtin } = require('./builtin');
const { defineOnHost, kChanged, replaceMethod, setOnHost, sharedState } = require('./host-objects');
const { nameLike } = require('./mirror-members');

/** On Socket.prototype and Server.prototype: called when Node asks `instanceof`. false: it is no instance. */
const kSocket = Symbol.for('rsnet.socket');
const kServer = Symbol.for('rsnet.server');
/** On handles: 'TCP' or 'Pipe', the class of Node's handle that is sent to another process in their place. */
const kHandleKind = Symbol.for('rsnet.handleKind');
/** On handles: a method that makes a handle of Node's for the same descriptor. */
const kHostProxy = Symbol.for('rsnet.hostProxy');
/**
 * On handles: a method that gets a Socket, a callback and the TLSSocket; returns a `stream` for TLS, and if the
 * callback `waits`.
 */
const kTlsStream = Symbol.for('rsnet.tlsStream');
/** With these `spawn` of a ChildProcess returns before it has set up the streams. */
const NO_DESCRIPTORS = [-errno.EMFILE, -errno.ENFILE];

/** For `sharedState`: whether the channels between processes were changed. */
const kChannels = Symbol.for('rsnet.channels');

/**
 * Lets `instanceof` count rsnet's objects as instances of a class of Node's.
 * @param {Function} hostClass
 * @param {(instance: object) => boolean} recognises
 * @returns {boolean} whether that was possible
 */
function countIn(hostClass, recognises) {
  return defineOnHost(hostClass, Symbol.hasInstance, {
    configurable: true,
    value(instance) {
      return Function.prototype[Symbol.hasInstance].call(this, instance) ||
        (this === hostClass && instance !== null && instance !== undefined && recognises(instance));
    },
  });
}

/**
 * @param {symbol} kind kSocket or kServer
 * @returns {(instance: object) => boolean}
 */
function recogniserOf(kind) {
  return (instance) => {
    const onRecognised = instance[kind];
    if (onRecognised === undefined || Object.hasOwn(instance, kind)) return false;
    return onRecognised.call(instance) !== false;
  };
}

/**
 * Replaces a method of Node's, unless a copy of rsnet has replaced it.
 * @param {object} object
 * @param {string} name
 * @param {(method: Function) => Function} wrap
 * @returns {boolean} whether it is replaced
 */
function replaceOnce(object, name, wrap) {
  if (object[name]?.[kChanged]) return true;
  return replaceMethod(object, name, (method) => {
    const own = wrap(method);
    own[kChanged] = true;
    nameLike(own, method);
    return own;
  });
}

/**
 * Lets sockets and servers of rsnet count as the built-in's.
 * @returns {boolean} whether that was possible
 */
function hookClasses() {
  return sharedState(kChanged, () =>
    countIn(builtin.Socket, recogniserOf(kSocket)) && countIn(builtin.Server, recogniserOf(kServer)));
}

/**
 * Lets handles of rsnet count as Node's: `child.send` asks for that before it sends a handle.
 * @param {Function} HostHandle TCP or Pipe
 * @returns {boolean} whether that was possible
 */
function countHandlesIn(HostHandle) {
  return countIn(HostHandle, (instance) => instance[kHandleKind] === HostHandle.name);
}

/**
 * Lets processes send handles of rsnet. A channel sends a message and a handle by `writeUtf8String` of its Pipe, or,
 * with `serialization: 'advanced'`, by `writeBuffer`; in place of rsnet's handle it then gets the proxy.
 * @param {(isPipe: boolean) => HostHandle|undefined} sample makes a closed handle of Node's
 * @returns {boolean} false where there are no such methods, or they cannot be replaced
 */
function hookChannels(sample) {
  return sharedState(kChannels, () => hookHandles(sample(false), sample(true)));
}

/**
 * @param {HostHandle|undefined} tcp a TCP handle of Node's
 * @param {HostHandle|undefined} pipe a Pipe handle of Node's
 * @returns {boolean} as `hookChannels`
 */
function hookHandles(tcp, pipe) {
  if (tcp === undefined || pipe === undefined) return false;
  // Handles of TCP write many Buffers, and none of them is a channel.
  return replaceSending(commonPrototype(tcp), 'writeUtf8String') &&
    replaceSending(Object.getPrototypeOf(pipe), 'writeBuffer') &&
    countHandlesIn(tcp.constructor) && countHandlesIn(pipe.constructor);
}

/**
 * @param {object|undefined} prototype of handles of Node's
 * @param {string} name of a method that gets a request, data and a handle to send with it
 * @returns {boolean} whether it sends rsnet's handles
 */
function replaceSending(prototype, name) {
  if (prototype === undefined || typeof prototype[name] !== 'function') return false;
  const method = prototype[name];
  const { own } = {
    own(req, data, handle) {
      return method.call(this, req, data, handle?.[kHostProxy] ? handle[kHostProxy]() : handle);
    },
  };
  nameLike(own, method);
  // Where the class has inherited the method, this one stands before it.
  return setOnHost(prototype, name, own);
}

/**
 * @param {HostHandle|undefined} handle of Node's
 * @returns {object|undefined} LibuvStreamWrap.prototype, which TCP and Pipe derive from
 */
function commonPrototype(handle) {
  return handle && (Object.getPrototypeOf(Object.getPrototypeOf(handle)) ?? undefined);
}

/**
 * @param {*} entry of the option `stdio`
 * @returns {*} its handle, if that is rsnet's; otherwise undefined
 */
function stdioHandle(entry) {
  return [entry, entry?.handle, entry?._handle].find((candidate) => candidate?.[kHostProxy]);
}

/**
 * Stops reading, so that the child gets all data. As with Node's own sockets, `resume` begins to read again.
 * @param {*} entry of the option `stdio`, with a handle of rsnet's
 */
function leaveToChild(entry) {
  const handle = stdioHandle(entry);
  handle.reading = false;
  handle.readStop();
  if (handle !== entry._handle) return;
  entry.pause();
  entry.readableFlowing = false;
  if (entry._readableState) entry._readableState.reading = false;
}

/**
 * Lets sockets of rsnet be the stdio of child processes.
 * @param {Function} ChildProcess
 * @param {(child: object) => void} [onSpawned] called with each child process
 * @returns {boolean} false where there is no such method, or it cannot be replaced
 */
function hookSpawn(ChildProcess, onSpawned) {
  return replaceOnce(ChildProcess.prototype, 'spawn', (spawn) => ({
    spawn(options) {
      const own = Array.isArray(options?.stdio) ? options.stdio.filter(stdioHandle) : [];
      if (own.length === 0) {
        const status = spawn.call(this, options);
        onSpawned?.(this);
        return status;
      }
      // The child gets a copy of the descriptor. From then on threads of rsnet must not read from it.
      for (const entry of own) stdioHandle(entry).readStop();
      let isLeft = false;
      try {
        const status = spawn.call(this, {
          ...options, stdio: options.stdio.map((entry) => stdioHandle(entry)?.fd ?? entry),
        });
        onSpawned?.(this);
        isLeft = !NO_DESCRIPTORS.includes(status);
        return status;
      } finally {
        for (const entry of own) {
          if (isLeft) leaveToChild(entry);
          else if (stdioHandle(entry).reading) stdioHandle(entry).readStart();
        }
      }
    },
  }).spawn);
}

/**
 * Lets TLS encrypt for sockets of rsnet. `_wrapHandle` gives TLS the handle to encrypt for, which must be one of
 * Node's: rsnet hands the connection over to one there.
 * @param {Function} TLSSocket
 * @returns {boolean} false where there is no such method, or it cannot be replaced
 */
function hookTls(TLSSocket) {
  return replaceOnce(TLSSocket.prototype, '_wrapHandle', (wrapHandle) => ({
    _wrapHandle(wrap, handle, hasActiveWrite, ...rest) {
      if (!wrap || !handle?.[kTlsStream]) return wrapHandle.call(this, wrap, handle, hasActiveWrite, ...rest);
      const onSent = () => {
        // If `hasActiveWrite`, Node calls this itself.
        if (!hasActiveWrite) this._handle?.writesIssuedByPrevListenerDone();
      };
      const { stream, waits } = handle[kTlsStream](wrap, onSent, this);
      return wrapHandle.call(this, wrap, stream ?? handle, hasActiveWrite || waits, ...rest);
    },
  })._wrapHandle);
}

module.exports = {
  hookChannels, hookClasses, hookSpawn, hookTls, kHandleKind, kHostProxy, kServer, kSocket, kTlsStream,
};
