'use strict';

// Sockets that a service manager has opened for this process: sd_listen_fds(3).

const { codes } = require('../node/errors');
const { validateString } = require('../node/validators');

/** SD_LISTEN_FDS_START. */
const LISTEN_FDS_START = 3;

/** More descriptors than Linux lets a process have by default (`fs.nr_open`). */
const MAX_LISTEN_FDS = 1024 * 1024;

/**
 * @returns {Array<{fd: number, name: string}>} the descriptors, by what LISTEN_FDS and LISTEN_FDNAMES say of this
 *   process; of a cluster's worker those of its primary, which listens for it
 */
function listenDescriptors() {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env;
  const count = Number(LISTEN_FDS);
  if (Number(LISTEN_PID) !== (require('cluster').isWorker ? process.ppid : process.pid)) return [];
  if (!Number.isInteger(count) || count < 0 || count > MAX_LISTEN_FDS) return [];
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  return Array.from({ length: count }, (_, i) => ({ fd: LISTEN_FDS_START + i, name: names[i] ?? 'unknown' }));
}

/**
 * @param {string} name of a descriptor
 * @returns {number} the first of that name
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, or ERR_INVALID_ARG_VALUE where there is none
 */
function descriptorNamed(name) {
  validateString(name, 'options.fdName');
  const found = listenDescriptors().find((descriptor) => descriptor.name === name);
  if (found === undefined) {
    throw new codes.ERR_INVALID_ARG_VALUE('options.fdName', name, 'is the name of no descriptor in LISTEN_FDNAMES');
  }
  return found.fd;
}

module.exports = { descriptorNamed, listenDescriptors };
