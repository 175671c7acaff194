'use strict';

// A handle of rsnet in the form in which `process.report.getReport()` lists libuv's (its `libuv` section).

const { kConnectReq, kShutdownReq, kWriter } = require('./symbols');

/**
 * @param {*} handle
 * @param {string} method getsockname or getpeername
 * @returns {object|null} null where the call fails
 */
function endpoint(handle, method) {
  /** @type {{address?: string, family?: string, port?: number}} */
  const out = {};
  if (typeof handle[method] !== 'function' || handle[method](out) !== 0 || out.address === undefined) return null;
  return { host: out.address, [out.family === 'IPv6' ? 'ip6' : 'ip4']: out.address, port: out.port };
}

/**
 * @param {Handle & {reading?: boolean}} handle that is open
 * @param {*} owner its Socket or Server
 * @returns {object} the kernel is asked for the addresses only
 */
function reportEntry(handle, owner) {
  const isPipe = handle._shownAs === 'PipeWrap';
  const isServer = typeof owner.listen === 'function';
  const isWriting = (handle[kWriter]?.requests.length ?? 0) > 0;
  const isBusy = handle[kConnectReq] !== null || isWriting || handle[kShutdownReq] !== null;
  const isConnected = !isServer && !handle.closing && handle[kConnectReq] === null;
  return {
    type: isPipe ? 'pipe' : 'tcp',
    is_active: !handle.closing && (isServer || isBusy || handle.reading === true),
    is_referenced: handle.hasRef(),
    localEndpoint: isPipe ? (owner._pipeName ?? owner.server?._pipeName ?? null) : endpoint(handle, 'getsockname'),
    remoteEndpoint: isServer ? null : endpoint(handle, 'getpeername'),
    writeQueueSize: isConnected ? handle.writeQueueSize : 0,
    readable: isConnected && owner.readable === true,
    writable: isConnected && owner.writable === true,
  };
}

module.exports = { reportEntry };
