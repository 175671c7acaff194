'use strict';

// Differences between versions of Node that rsnet follows, where only the version number shows them.

const [major, minor, patch] = process.versions.node.split('.').map((part) => Number.parseInt(part, 10));

/**
 * @param {...number} wanted major, minor, patch
 * @returns {boolean} whether this is that version of Node or a newer one
 */
function isAtLeast(...wanted) {
  const at = [major, minor, patch].findIndex((number, i) => number !== wanted[i]);
  return at < 0 || [major, minor, patch][at] > wanted[at];
}

module.exports = {
  /** Since Node 21, `server.maxConnections = 0` drops every connection; before, it was no limit. */
  zeroMaxConnectionsDropsAll: major >= 21,
  /** Since Node 22, `end()` without a connection finishes; before, it waited for one. */
  endsWithoutConnection: major >= 22,
  /** Since Node 22, a server that listens on a name passes over its link-local addresses. */
  listenAvoidsLinkLocal: major >= 22,
  /** Since Node 22, a queued write whose socket is destroyed calls back with ECANCELED; before, without an error. */
  writesReportCancelling: major >= 22,
  /** Until Node 24, `process.nextTick` makes its objects by a literal with computed keys. */
  makesTicksByLiteral: major < 25,
  /** Until Node 20, a handle that is listed shows `onread`. */
  listsOnread: major <= 20,
  /** Since Node 24, handles have `getAsyncContextFrameForDebuggingOnly`. */
  hasContextFrames: major >= 24,
  /** Since Node 26.12.1, 24.22.1 and 22.23.5, handles have `hasPendingRead`. To look at one would cost a warning. */
  hasPendingRead: { 22: isAtLeast(22, 23, 5), 24: isAtLeast(24, 22, 1) }[major] ?? isAtLeast(26, 12, 1),
};
