'use strict';

/** Fetches the npm packages of this folder, which weigh too much to be development dependencies of rsnet itself. */

const path = require('node:path');
const { installPackages } = require('../clients/install');

/** The folder that has the packages. */
const PACKAGES = path.join(__dirname, 'node_modules');

/** Install the packages, unless they are there. */
async function installTools() {
  await installPackages(__dirname);
}

module.exports = { PACKAGES, installTools };

if (require.main === module) installTools();
