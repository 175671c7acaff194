'use strict';

const { parseArgs } = require('node:util');

const USAGE = `Usage: npm run test:clients -- [options]

Drives real servers through well-known npm packages, on the built-in net and on rsnet, and compares the findings.

  --only REGEX     only the clients whose name matches
  --quick          only the selection for frequent checks
  --backend NAME   rsnet's backend: uv or tokio
  --node PATH      another Node to run the clients with
  --repeat N       run each client N times on rsnet
  --strict         a client whose server is missing is a failure
  --json FILE      write the table as JSON, too
  --verbose        print each finding
  --list           only list the clients
  --help           this text`;

const OPTIONS = {
  only: { type: 'string' },
  quick: { type: 'boolean', default: false },
  backend: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  repeat: { type: 'string', default: '1' },
  strict: { type: 'boolean', default: false },
  json: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/**
 * @typedef {object} Options
 * @property {RegExp} [only]
 * @property {boolean} quick
 * @property {string} [backend]
 * @property {string} node
 * @property {number} repeat
 * @property {boolean} strict
 * @property {string} [json]
 * @property {boolean} verbose
 * @property {boolean} list
 * @property {boolean} help
 */

/**
 * Read the command line.
 * @param {string[]} argv without the program's name
 * @returns {Options}
 * @throws {Error} if it cannot be understood
 */
function readArgs(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.backend !== undefined && !['uv', 'tokio'].includes(values.backend)) {
    throw new Error(`--backend must be uv or tokio, got "${values.backend}"`);
  }
  if (!/^[1-9]\d{0,3}$/.test(values.repeat)) {
    throw new Error(`--repeat must be a whole number from 1 to 9999, got "${values.repeat}"`);
  }
  let only;
  try {
    only = values.only === undefined ? undefined : new RegExp(values.only);
  } catch (error) {
    throw new Error(`--only: ${error.message}`, { cause: error });
  }
  return { ...values, only, repeat: Number(values.repeat) };
}

module.exports = { USAGE, readArgs };
