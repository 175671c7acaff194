'use strict';

// What `process` tells of the open handles of one copy of rsnet: `_getActiveHandles`, `getActiveResourcesInfo`, and its
// reports.

const { kStandsIn } = require('../node/active-handles');
const { countLater } = require('../node/later');
const { owner_symbol } = require('../node/private-symbols');

/**
 * @param {Handle[]} open handles
 * @param {*} [completing] the request whose `oncomplete` runs now
 * @returns {import('../node/active-handles').Listed}
 */
function listed(open, completing) {
  const requests = new Set(completing ? [completing] : []);
  for (const handle of open) {
    for (const req of [handle._connectRequest, ...handle._writeRequests, handle._shutdownRequest]) {
      if (req) requests.add(req);
    }
  }
  const isSeen = (handle) => handle.hasRef() && ownerOf(handle)[kStandsIn] !== true;
  const inOrder = (resourceOf) => (a, b) => resourceOf(a).asyncId() - resourceOf(b).asyncId();
  return {
    handles: open.filter(isSeen).sort(inOrder((handle) => handle))
      .map((handle) => ({ shown: ownerOf(handle), name: handle._shownAs })),
    requests: [...requests].sort(inOrder((req) => req.resource)).map((req) => ({ shown: req, name: req.shownAs })),
    immediates: countLater(),
    reported: () => open.map((handle) => handle._reportEntry(ownerOf(handle))),
    hidden: open.flatMap(({ _adopted }) => (_adopted ? [ownerOf(_adopted)] : [])),
  };
}

/**
 * @param {object} handle rsnet's or Node's
 * @returns {object} its Socket or Server; the handle itself where it has none
 */
function ownerOf(handle) {
  return handle[owner_symbol] ?? handle;
}

module.exports = { listed };
