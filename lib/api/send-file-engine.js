'use strict';

// Sends files by sendfile(2), on Linux. The addon does that on threads that may wait for the disk. It works on the
// descriptor of a connection, so the handle may be rsnet's or one of Node's own.

const { AsyncResource } = require('async_hooks');
const { commands } = require('../addon/bridge');
const native = require('../addon/native');
const { canHandOver, classes } = require('../node/builtin-handles');
const { UV_EINVAL, UV_EIO, UV_ENOSYS, UV_EOVERFLOW } = require('../node/errno');
const { ErrnoException } = require('../node/errors');
const { withoutResource } = require('../node/private-symbols');
const { Handle } = require('../handle/base');
const { kIsHost, kSlot } = require('../handle/symbols');
const { writerOf } = require('../handle/writable');
const { kLastWriteQueueSize } = require('../handle/socket-symbols');
const { useEngine } = require('./send-file');

/** Errors that are the file's. The kernel reports all others for the socket. */
const FILE_ERRORS = new Set([UV_EINVAL, UV_EIO, UV_EOVERFLOW]);

/** Errors that say that sendfile(2) cannot send this file. */
const UNSUITABLE = new Set([UV_EINVAL, UV_ENOSYS]);

/** The addon's FileSender, made on first use. */
let sender;

/** What is under way, by the addon's numbers. */
const transfers = new Map();

/** On a handle: bytes of files that were sent by its descriptor, and the Transfer that is under way. */
const kFileBytes = Symbol('kFileBytes');

/**
 * @param {number} number of a transfer that has ended
 * @param {number} status
 */
function onEnded(number, status) {
  const transfer = transfers.get(number);
  transfers.delete(number);
  const sent = sender.forget(number);
  transfer.resource.runInAsyncScope(transfer.ended, transfer, status, sent);
}

/** @returns {number} calls of sendfile(2) that were made for this thread */
function fileCalls() {
  return sender === undefined ? 0 : sender.calls();
}

/**
 * @param {AnyHandle} handle
 * @returns {boolean} whether it is Node's for a connection
 */
function isRunByHost(handle) {
  if (handle[kIsHost]) return true;
  return canHandOver() && (handle instanceof /** @type {HostHandleClass} */ (classes.TCP) ||
    handle instanceof /** @type {HostHandleClass} */ (classes.Pipe));
}

/**
 * Has a handle count the bytes of files, also those of a transfer that is under way.
 *
 * @param {AnyHandle} handle
 * @returns {{bytes: number, transfer: Transfer|undefined}}
 */
function counterOf(handle) {
  if (handle[kFileBytes] === undefined) {
    Object.defineProperty(handle, kFileBytes, { value: { bytes: 0, transfer: undefined } });
  }
  const counter = handle[kFileBytes];
  // A relay has a counter of its own there while it lasts, and takes it away.
  if (Object.hasOwn(handle, 'bytesWritten')) return counter;
  const prototype = Object.getPrototypeOf(handle);
  Object.defineProperty(handle, 'bytesWritten', {
    configurable: true,
    get() {
      return Reflect.get(prototype, 'bytesWritten', this) + counter.bytes + (counter.transfer?.sent ?? 0);
    },
  });
  return counter;
}

/** A file that the addon sends. */
class Transfer {
  /**
   * @param {Socket} socket
   * @param {FilePart} part
   * @param {import('./send-file').Ended} callback
   */
  constructor(socket, part, callback) {
    this.socket = socket;
    this.handle = socket._handle;
    this.length = part.length;
    this.callback = callback;
    this.number = 0;
    this.resource = new AsyncResource('RSNETSENDFILE');
  }

  /**
   * @param {FilePart} part
   * @returns {boolean} whether the addon sends it
   */
  start(part) {
    const { handle } = this;
    const fd = handle instanceof Handle ? commands.lendDescriptor(handle[kSlot], true) : handle.fd;
    const number = fd < 0 ? fd : sender.start(fd, part.fd, part.start, part.length);
    if (number < 0) {
      this.takeBack();
      return false;
    }
    this.number = number;
    transfers.set(number, this);
    counterOf(handle).transfer = this;
    // The idle timer looks at these when it fires: a queue that gets shorter is no idle socket.
    this.socket[kLastWriteQueueSize] = this.length;
    Object.defineProperty(handle, 'writeQueueSize', { configurable: true, get: () => this.length - this.sent });
    return true;
  }

  /** Bytes that the kernel has taken. */
  get sent() { return sender.sent(this.number); }

  /** Ends it soon. */
  cancel() { sender.cancel(this.number); }

  /** The addon has no copy of the descriptor any more. */
  takeBack() {
    const { handle } = this;
    if (handle instanceof Handle && !handle.closing) commands.lendDescriptor(handle[kSlot], false);
  }

  /**
   * @param {number} status
   * @param {number} sent
   */
  ended(status, sent) {
    const { handle, socket } = this;
    const counter = counterOf(handle);
    counter.transfer = undefined;
    // rsnet's own writer has a counter, which a relay counts on.
    if (handle instanceof Handle) writerOf(handle).bytes += sent;
    else counter.bytes += sent;
    delete /** @type {{writeQueueSize?: number}} */ (handle).writeQueueSize;
    socket[kLastWriteQueueSize] = 0;
    this.takeBack();
    if (!socket.destroyed) socket._unrefTimer?.();
    if (sent === 0 && UNSUITABLE.has(status)) {
      this.callback(undefined, 0, false, true);
      return;
    }
    const isFileError = FILE_ERRORS.has(status);
    const error = status === 0 ? undefined : new ErrnoException(status, isFileError ? 'read' : 'write');
    this.callback(error, sent, isFileError);
  }
}

/**
 * @param {AnyHandle} handle
 * @returns {boolean} whether a file is being sent by its descriptor, which nobody else may use meanwhile
 */
function isSendingFile(handle) {
  return handle[kFileBytes]?.transfer !== undefined;
}

if (native.FileSender !== undefined) {
  useEngine({
    canTry: (socket) => socket.encrypted !== true,
    start(socket, part, callback) {
      const { _handle: handle } = socket;
      if (!handle || !(handle instanceof Handle || isRunByHost(handle))) return undefined;
      sender ??= withoutResource(() => new native.FileSender(onEnded));
      const transfer = new Transfer(socket, part, callback);
      return transfer.start(part) ? transfer : undefined;
    },
  });
}

module.exports = { fileCalls, isSendingFile };
