'use strict';

// Requests: what a handle was asked to do and has not ended, as `uv_connect_t`, `uv_write_t` and `uv_shutdown_t`.

/** A connect over TCP. */
class ConnectReq {
  /**
   * @param {(status: number, handle: *, req: ConnectReq, readable: boolean, writable: boolean) => void} oncomplete
   */
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

/** A connect to a path. */
class PathConnectReq extends ConnectReq {}

/** A write. After the call, `async` is true if the kernel has not taken all of it. */
class WriteReq {
  /**
   * @param {(status: number) => void} oncomplete
   * @param {((error?: Error|null) => void)|null} callback the stream's
   */
  constructor(oncomplete, callback) {
    this.oncomplete = oncomplete;
    this.callback = callback;
    this.handle = null;
    this.resource = null;
    this.async = false;
    this.bytes = 0;
    this.error = undefined;
    /** The engine's id of the write while it waits for the kernel. */
    this.id = 0;
    /** The negated errno with which it is going to end, or 0. */
    this.failed = 0;
  }
}

/** A shutdown of the write side. */
class ShutdownReq {
  /**
   * @param {(status: number) => void} oncomplete
   * @param {(error?: Error|null) => void} callback
   */
  constructor(oncomplete, callback) {
    this.oncomplete = oncomplete;
    this.callback = callback;
    this.handle = null;
    this.resource = null;
  }
}

// `process._getActiveRequests()` and `process.getActiveResourcesInfo()` show them under the names of Node's requests.
for (const [Request, name, shownAs] of /** @type {Array<[Request: Function, name: string, shownAs: string]>} */ ([
  [ConnectReq, 'TCPConnectWrap', 'ConnectWrap'],
  [PathConnectReq, 'PipeConnectWrap', 'ConnectWrap'],
  [WriteReq, 'WriteWrap', 'SimpleWriteWrap'],
  [ShutdownReq, 'ShutdownWrap', 'SimpleShutdownWrap'],
])) {
  Object.defineProperty(Request, 'name', { value: name });
  Object.defineProperty(Request.prototype, 'shownAs', { value: shownAs });
}

module.exports = { ConnectReq, PathConnectReq, ShutdownReq, WriteReq };
