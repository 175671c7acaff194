'use strict';

const { parseArgs } = require('node:util');
const { backendOf, patternOf, wholeNumberOf } = require('../lib/options');

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
  return {
    ...values,
    backend: backendOf(values.backend),
    only: patternOf('only', values.only),
    repeat: wholeNumberOf('repeat', values.repeat),
  };
}

module.exports = { USAGE, readArgs };
