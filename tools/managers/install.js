'use strict';

/** Fetches the package managers of this folder, which weigh too much to be development dependencies of rsnet itself. */

const path = require('node:path');
const { installPackages } = require('../clients/install');

/** The folder that has the package managers. */
const MANAGERS = path.join(__dirname, 'node_modules');

/** Install the package managers, unless they are there. */
async function installManagers() {
  await installPackages(__dirname);
}

module.exports = { MANAGERS, installManagers };

if (require.main === module) installManagers();
