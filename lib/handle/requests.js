'use strict';

// What a handle is asked to do and answers later: the counterparts of libuv's requests.

/** A connection that is being made. */
class ConnectReq {
  /** @param {function(number, object, ConnectReq, boolean, boolean): void} oncomplete */
  constructor(oncomplete) {
    this.oncomplete = oncomplete;
    this.resource = null;
    this.address = undefined;
    this.port = undefined;
    this.localAddress = undefined;
    this.localPort = undefined;
    this.addressType = undefined;
    this.finishEntry = undefined;
  }
}

/** A connection to a path. */
class PathConnectReq extends ConnectReq {}

/** Data that is being written. `async` tells after the call whether the kernel still has to take some of it. */
class WriteReq {
  /**
   * @param {function(number): void} oncomplete
   * @param {function(Error=): void} callback what the stream wants to be told
   */
  constructor(oncomplete, callback) {
    this.oncomplete = oncomplete;
    this.callback = callback;
    this.handle = null;
    this.resource = null;
    this.async = false;
    this.bytes = 0;
    this.error = undefined;
    /** The addon's number while it waits for the kernel. */
    this.id = 0;
    /** The negated errno with which it will end, once that is known. */
    this.failed = 0;
  }
}

/** The end of the writing side on its way. */
class ShutdownReq {
  /**
   * @param {function(number): void} oncomplete
   * @param {function(Error=): void} callback
   */
  constructor(oncomplete, callback) {
    this.oncomplete = oncomplete;
    this.callback = callback;
    this.handle = null;
    this.resource = null;
  }
}

// How `process._getActiveRequests()` and `process.getActiveResourcesInfo()` show them: as the host's.
for (const [Request, name, shownAs] of [
  [ConnectReq, 'TCPConnectWrap', 'ConnectWrap'],
  [PathConnectReq, 'PipeConnectWrap', 'ConnectWrap'],
  [WriteReq, 'WriteWrap', 'SimpleWriteWrap'],
  [ShutdownReq, 'ShutdownWrap', 'SimpleShutdownWrap'],
]) {
  Object.defineProperty(Request, 'name', { value: name });
  Object.defineProperty(Request.prototype, 'shownAs', { value: shownAs });
}

module.exports = { ConnectReq, PathConnectReq, ShutdownReq, WriteReq };
