'use strict';

// The part of a file that is to be sent: arguments, opening, closing.

const fs = require('fs');
const { isUint8Array } = require('util/types');
const { nextTick } = require('../node/captured');
const { UV_EBADF } = require('../node/errno');
const { codes, ErrnoException } = require('../node/errors');
const { validateAbortSignal, validateInt32, validateInteger, validateObject } = require('../node/validators');

/** Bytes of one read, as those of `fs.createReadStream`. */
const READ_SIZE = 64 * 1024;

/**
 * What a call of `sendFile` has asked for.
 *
 * @typedef {object} Wanted
 * @property {*} file a path, a descriptor or a FileHandle
 * @property {number} [start] the first byte
 * @property {number} [end] the last byte
 * @property {AbortSignal} [signal]
 */

/**
 * @param {*} file
 * @returns {boolean} whether it is a FileHandle (`fs.promises`)
 */
function isFileHandle(file) {
  return typeof file === 'object' && file !== null && typeof file.fd === 'number' && typeof file.stat === 'function';
}

/**
 * @param {*} file
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function checkFile(file) {
  if (typeof file === 'number') {
    validateInt32(file, 'file', 0);
    return;
  }
  const isPath = typeof file === 'string' || isUint8Array(file) || file instanceof URL;
  if (!isPath && !isFileHandle(file)) {
    throw new codes.ERR_INVALID_ARG_TYPE('file', ['string', 'Buffer', 'URL', 'number', 'FileHandle'], file);
  }
}

/**
 * @param {*} file
 * @param {*} [options]
 * @returns {Wanted}
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function checkedPart(file, options = {}) {
  checkFile(file);
  validateObject(options, 'options');
  const { start, end, signal } = options;
  if (start !== undefined) validateInteger(start, 'options.start', 0);
  if (end !== undefined && end !== Infinity) validateInteger(end, 'options.end', 0);
  if (end !== undefined && (start ?? 0) > end) {
    throw new codes.ERR_OUT_OF_RANGE('options.start', `<= "options.end" (here: ${end})`, start ?? 0);
  }
  validateAbortSignal(signal, 'options.signal');
  return { file, start, end, signal };
}

/** An open file, and which of its bytes are meant. */
class FilePart {
  /**
   * @param {number} fd
   * @param {Wanted} wanted
   * @param {fs.Stats} stats
   * @param {boolean} [isUncounted] whether it has bytes although its size is 0
   */
  constructor(fd, { file, start, end = Infinity }, stats, isUncounted = false) {
    this.opened = fd;
    /** The file as the caller gave it, which keeps a FileHandle from being collected. */
    this.file = file;
    this.isOwn = typeof file !== 'number' && !isFileHandle(file);
    this.isClosed = false;
    /** Whether a thread reads, so that the descriptor must stay open. */
    this.isReading = false;
    /** Whether it has bytes that are counted. Files of procfs(5) say that they have none, but have some. */
    this.isCounted = stats.isFile() && stats.size > 0;
    /** Whether it has as many bytes as it says. */
    this.isRegular = stats.isFile() && !isUncounted;
    this.size = stats.size;
    /** Where to read; null: where the file stands, which may have no positions. */
    this.start = stats.isFile() || stats.isBlockDevice() ? start ?? 0 : start ?? null;
    /** How many bytes; if they are not counted, at most. */
    this.length = end - (start ?? 0) + 1;
    if (this.isCounted) this.limit(start ?? 0, end);
  }

  /** The descriptor; -1 if the FileHandle was closed, whose number may be another file's by now. */
  get fd() { return isFileHandle(this.file) ? this.file.fd : this.opened; }

  /**
   * @param {number} start
   * @param {number} end the last byte
   */
  limit(start, end) {
    this.start = start;
    this.length = Math.max(0, Math.min(end + 1, this.size) - start);
  }

  /**
   * Reads from where the part begins, or from where the file stands.
   *
   * @param {Buffer} buffer
   * @param {number} done how many bytes of the part were read before
   * @param {(error: Error|null, count: number) => void} callback called with how many bytes there were
   */
  read(buffer, done, callback) {
    const count = Math.min(buffer.length, this.length - done);
    const { fd } = this;
    if (count <= 0 || fd < 0) {
      nextTick(callback, fd < 0 ? new ErrnoException(UV_EBADF, 'read') : null, 0);
      return;
    }
    this.isReading = true;
    fs.read(fd, buffer, 0, count, this.start === null ? null : this.start + done, (error, bytes) => {
      this.isReading = false;
      this.closeIfDone();
      callback(error, bytes);
    });
  }

  /** Closes the file if it was opened here, once nobody reads from it. */
  close() {
    this.isClosed = true;
    this.closeIfDone();
  }

  /** See `close`. */
  closeIfDone() {
    if (!this.isClosed || this.isReading || !this.isOwn) return;
    this.isOwn = false;
    fs.close(this.opened, () => {});
  }
}

/**
 * @param {(callback: (error: Error|null, value?: *) => void) => void} call gets the callback of a function of fs
 * @returns {Promise<*>} what the callback gets
 * @throws {Error} what the call throws
 */
function promised(call) {
  let callback;
  const promise = new Promise((resolve, reject) => {
    callback = (error, value) => {
      if (error) reject(error);
      else resolve(value);
    };
  });
  call(callback);
  return promise;
}

/**
 * Opens the file at once, so that a path which cannot be one throws.
 *
 * @param {Wanted} wanted
 * @returns {Promise<FilePart>} rejects with the error of fs
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function openPart(wanted) {
  const { file } = wanted;
  let opened = file;
  if (isFileHandle(file)) opened = file.fd;
  else if (typeof file !== 'number') opened = promised((callback) => fs.open(file, 'r', callback));
  return examined(opened, wanted);
}

/**
 * @param {number} fd of a file that says it has no bytes
 * @returns {Promise<boolean>} whether it has some
 */
function hasBytes(fd) {
  return promised((callback) => fs.read(fd, Buffer.alloc(1), 0, 1, 0, (error, count) => callback(error, count > 0)));
}

/**
 * @param {number|Promise<number>} opened
 * @param {Wanted} wanted
 * @returns {Promise<FilePart>}
 */
async function examined(opened, wanted) {
  const fd = await opened;
  const { file } = wanted;
  try {
    const stats = await (isFileHandle(file) ? file.stat() : promised((callback) => fs.fstat(fd, callback)));
    // Its error says what nobody can do with a directory.
    if (stats.isDirectory()) await promised((callback) => fs.read(fd, Buffer.alloc(1), 0, 1, 0, callback));
    return new FilePart(fd, wanted, stats, stats.isFile() && stats.size === 0 && await hasBytes(fd));
  } catch (error) {
    if (fd !== file && !isFileHandle(file)) fs.close(fd, () => {});
    throw error;
  }
}

/**
 * @param {FilePart} part
 * @param {number} sent
 * @returns {Error} ERR_RSNET_FILE_TRUNCATED
 */
function truncatedError({ length }, sent) {
  const error = new Error(`The file has become shorter: ${sent} of ${length} bytes were sent`);
  return Object.assign(error, { code: 'ERR_RSNET_FILE_TRUNCATED', bytesSent: sent });
}

module.exports = { READ_SIZE, checkedPart, openPart, promised, truncatedError };
