'use strict';

// What is put into the host's own classes, so that Node's modules get along with rsnet's objects.
//
// It is put there once, and there may be several copies of rsnet (jest loads one for each file). So nothing here refers
// to the copy that did it, which could never be collected then; it goes by symbols that every copy's objects carry. No
// function here uses `require`, which refers to all modules.

const { constants: { errno } } = require('os');
const { builtin } = require('./builtin');
const { replaceMethod } = require('./capabilities');
const { nameLike } = require('./mirror-members');

/** On Socket.prototype and Server.prototype: what to do when Node has recognised one; false: it is none after all. */
const kSocket = Symbol.for('rsnet.socket');
const kServer = Symbol.for('rsnet.server');
/** On handles: as which of the host's they can be sent to another process. */
const kHandleKind = Symbol.for('rsnet.handleKind');
/** On handles: the host's handle for the same descriptor. */
const kHostProxy = Symbol.for('rsnet.hostProxy');
/** On handles: what TLS can encrypt for, given the socket and whom to tell when what was written before is sent. */
const kTlsStream = Symbol.for('rsnet.tlsStream');
/** What `spawn` of a ChildProcess returns when it has not got as far as the streams. */
const NO_DESCRIPTORS = [-errno.EMFILE, -errno.ENFILE];

/** On what was changed here. */
const kChanged = Symbol.for('rsnet.changed');
/** On the host's Socket, once the channels between processes were changed. */
const kChannels = Symbol.for('rsnet.channels');

/**
 * Lets `instanceof` count rsnet's objects in: whoever asks whether something is a `net.Socket`, a program or Node
 * itself, means what it can do.
 *
 * @param {Function} hostClass
 * @param {function(object): boolean} recognises
 * @returns {boolean} whether that was possible
 */
function countIn(hostClass, recognises) {
  return Reflect.defineProperty(hostClass, Symbol.hasInstance, {
    configurable: true,
    value(instance) {
      return Function.prototype[Symbol.hasInstance].call(this, instance) ||
        (this === hostClass && instance !== null && instance !== undefined && recognises(instance));
    },
  });
}

/**
 * @param {symbol} kind kSocket or kServer
 * @returns {function(object): boolean}
 */
function recogniserOf(kind) {
  return (instance) => {
    const onRecognised = instance[kind];
    if (onRecognised === undefined || Object.hasOwn(instance, kind)) return false;
    return onRecognised.call(instance) !== false;
  };
}

/**
 * Replaces a method of the host, unless a copy of rsnet has done that.
 *
 * @param {object} object
 * @param {string} name
 * @param {function(Function): Function} wrap
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
 * Sockets and servers of rsnet count as the built-in's.
 *
 * @returns {boolean} whether that was possible
 */
function hookClasses() {
  if (Object.hasOwn(builtin.Socket, kChanged)) return builtin.Socket[kChanged];
  const isHooked = countIn(builtin.Socket, recogniserOf(kSocket)) && countIn(builtin.Server, recogniserOf(kServer));
  Object.defineProperty(builtin.Socket, kChanged, { value: isHooked });
  return isHooked;
}

/**
 * Node asks of what it is to send, if it is no socket or server, whether it is one of its handles.
 *
 * @param {Function} HostHandle the class, TCP or Pipe
 */
function countHandlesIn(HostHandle) {
  countIn(HostHandle, (instance) => instance[kHandleKind] === HostHandle.name);
}

/**
 * The channels between processes write a message and a handle by a method of their own handle, which is a pipe.
 * Handles of rsnet are sent as their proxies.
 *
 * @param {function(): object} sample makes a TCP handle of the host, closed
 * @returns {boolean} false where the host has no such method that can be replaced
 */
function hookChannels(sample) {
  if (Object.hasOwn(builtin.Socket, kChannels)) return builtin.Socket[kChannels];
  const tcp = sample();
  let knowsPipe = false;
  const isHooked = replaceMethod(commonPrototype(tcp), 'writeUtf8String', (writeUtf8String) => {
    const { writeUtf8String: own } = {
      writeUtf8String(req, string, handle) {
        if (!knowsPipe && this.constructor.name === 'Pipe') {
          knowsPipe = true;
          countHandlesIn(this.constructor);
        }
        return writeUtf8String.call(this, req, string, handle?.[kHostProxy] ? handle[kHostProxy]() : handle);
      },
    };
    nameLike(own, writeUtf8String);
    return own;
  });
  Object.defineProperty(builtin.Socket, kChannels, { value: isHooked });
  if (isHooked) countHandlesIn(tcp.constructor);
  return isHooked;
}

/**
 * @param {object|undefined} handle of the host
 * @returns {object|undefined} what TCP and Pipe handles have in common
 */
function commonPrototype(handle) {
  return handle && (Object.getPrototypeOf(Object.getPrototypeOf(handle)) ?? undefined);
}

/**
 * @param {*} entry of the option `stdio`
 * @returns {object|undefined} the handle of rsnet that it stands for
 */
function stdioHandle(entry) {
  return [entry, entry?.handle, entry?._handle].find((candidate) => candidate?.[kHostProxy]);
}

/**
 * Leaves what comes to the child, as Node does with its own sockets. A socket that is resumed later reads again.
 *
 * @param {object} entry of the option `stdio`
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
 * Sockets of rsnet can be the stdio of child processes.
 *
 * @param {Function} ChildProcess
 * @param {function(object): void} [onSpawned] called with each child process
 * @returns {boolean} false where the host has no such method that can be replaced
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
      // Threads of rsnet must not read what the child may read already. The child gets a copy of the descriptor.
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
 * A TLSSocket has a handle in C++ that encrypts for another one; both are brought together in one method of its
 * prototype. Sockets of rsnet give their connections to handles of the host there.
 *
 * @param {Function} TLSSocket
 * @returns {boolean} false where the host has no such method that can be replaced
 */
function hookTls(TLSSocket) {
  return replaceOnce(TLSSocket.prototype, '_wrapHandle', (wrapHandle) => ({
    _wrapHandle(wrap, handle, hasActiveWrite, ...rest) {
      if (!wrap || !handle?.[kTlsStream]) return wrapHandle.call(this, wrap, handle, hasActiveWrite, ...rest);
      const onSent = () => {
        // Node itself does that where the stream knows of the write.
        if (!hasActiveWrite) this._handle?.writesIssuedByPrevListenerDone();
      };
      const { stream, waits } = handle[kTlsStream](wrap, onSent);
      return wrapHandle.call(this, wrap, stream ?? handle, hasActiveWrite || waits, ...rest);
    },
  })._wrapHandle);
}

module.exports = {
  hookChannels, hookClasses, hookSpawn, hookTls, kHandleKind, kHostProxy, kServer, kSocket, kTlsStream,
};
