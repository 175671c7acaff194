'use strict';

/** What differs between the versions of the host, where the host's version decides. */

const major = Number.parseInt(process.versions.node, 10);

module.exports = {
  /** Since Node 21, `server.maxConnections = 0` drops every connection; before, it was no limit. */
  zeroMaxConnectionsDropsAll: major >= 21,
  /** Since Node 22, `end()` without a connection finishes; before, it waited for one. */
  endsWithoutConnection: major >= 22,
  /** Since Node 22, a server that listens on a name passes over its link-local addresses. */
  listenAvoidsLinkLocal: major >= 22,
  /** Since Node 22, a queued write whose socket is destroyed calls back with ECANCELED; before, without an error. */
  writesReportCancelling: major >= 22,
};
