'use strict';

const path = require('node:path');
const { ROOT } = require('../../scripts/lib/addon');

/**
 * Where a tool keeps what it fetches and writes; ignored by git.
 * @param {string} tool
 * @returns {string} a folder, which may not be there yet
 */
function cacheOf(tool) {
  return path.join(ROOT, '.cache', tool);
}

module.exports = { ROOT, cacheOf };
