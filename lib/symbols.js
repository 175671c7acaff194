'use strict';

const { AsyncResource } = require('async_hooks');

/**
 * The symbol of that description on an object of the host, so that code which reads the host's own symbol
 * (async_hooks does) finds it on rsnet's objects too; a fresh symbol where the host has none.
 *
 * @param {object} object an object made by the host
 * @param {string} description the symbol's description
 * @returns {symbol}
 */
function hostSymbol(object, description) {
  const found = Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
  return found ?? Symbol(description);
}

const sample = new AsyncResource('RSNETSAMPLE', { requireManualDestroy: true });

module.exports = {
  /** The async id of a Socket or Server: that of its handle. */
  async_id_symbol: hostSymbol(sample, 'async_id_symbol'),
  /** The Socket or Server that a handle belongs to. */
  owner_symbol: Symbol('owner_symbol'),
  /** Restarts the idle timer of a Socket. */
  kUpdateTimer: Symbol('kUpdateTimer'),
  /** Runs after a write that the kernel did not take at once has completed. */
  kAfterAsyncWrite: Symbol('kAfterAsyncWrite'),
  /** Gives a Socket another handle between two connection attempts. */
  kReinitializeHandle: Symbol('kReinitializeHandle'),
  /** The running idle timer, or null. */
  kTimeout: Symbol('timeout'),
  /** Bytes that were queued when the idle timer was last looked at. */
  kLastWriteQueueSize: Symbol('lastWriteQueueSize'),
  /** The user's buffer of the `onread` option, or null; true while a function makes the buffers. */
  kBuffer: Symbol('kBuffer'),
  /** The callback of the `onread` option. */
  kBufferCb: Symbol('kBufferCb'),
  /** The function that makes buffers for the `onread` option, or null. */
  kBufferGen: Symbol('kBufferGen'),
  /** Options that were set before there was a connection to set them on. */
  kSetNoDelay: Symbol('kSetNoDelay'),
  kSetKeepAlive: Symbol('kSetKeepAlive'),
  kSetKeepAliveInitialDelay: Symbol('kSetKeepAliveInitialDelay'),
  kSetKeepAliveInterval: Symbol('kSetKeepAliveInterval'),
  kSetKeepAliveCount: Symbol('kSetKeepAliveCount'),
  kSetTOS: Symbol('kSetTOS'),
  /** The counters of a handle that is closed. */
  kBytesRead: Symbol('kBytesRead'),
  kBytesWritten: Symbol('kBytesWritten'),
};
