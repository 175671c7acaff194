'use strict';

const os = require('node:os');
const { parseArgs } = require('node:util');
const samples = require('./samples.json');

const USAGE = `Usage: npm run test:node -- [options]

Runs the test-net-* files of Node's own test suite, first on the built-in net, then on rsnet. A file that fails is
run once more, with nothing beside it.

  --filter REGEX   only the files whose name matches
  --group REGEX    any files of the suite whose name matches, in place of test-net-*; "wider" stands for the groups
                   of the modules that Node builds on net (node-suite/wider.json)
  --sample NAME    the files of a fixed list (node-suite/samples.json), in place of test-net-*; with --group, those
                   of them that it names
  --backend NAME   rsnet's backend: uv or tokio
  --node NODE      another Node: a path, or a major version to be had from npm
  --repeat N       run each file N times on rsnet; it passes if it does so each time
  --jobs N         how many files of the folder parallel run at once (default: the cores)
  --limit SECONDS  time limit of one test process (default: 60)
  --refresh        run the built-in again, also where it is known to pass
  --no-jest        without jest; the built-in runs only what rsnet fails, nothing but failures is shown
  --verbose        with --no-jest: show the output of what fails
  --list           only list the files
  --help           this text

NODE_SUITE=FOLDER names a folder with Node's test/ and benchmark/, instead of fetching one.`;

const OPTIONS = {
  filter: { type: 'string' },
  group: { type: 'string' },
  sample: { type: 'string' },
  backend: { type: 'string' },
  node: { type: 'string' },
  repeat: { type: 'string', default: '1' },
  jobs: { type: 'string', default: `${os.availableParallelism()}` },
  limit: { type: 'string', default: '60' },
  refresh: { type: 'boolean', default: false },
  'no-jest': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/**
 * Reads a whole number that is at least 1.
 * @param {string} name the option's
 * @param {string} text
 * @returns {number}
 * @throws {Error} if it is something else
 */
function count(name, text) {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} must be a whole number of at least 1, got "${text}"`);
  return Number(text);
}

/**
 * Reads a regular expression.
 * @param {string} name the option's
 * @param {string|undefined} text
 * @returns {RegExp|undefined}
 * @throws {Error} if it is none
 */
function pattern(name, text) {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    throw new Error(`--${name}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads the command line.
 * @param {string[]} argv
 * @returns {object} the options by name; numbers and regular expressions as such
 * @throws {Error} with a text for the user
 */
function readArgs(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS, strict: true });
  if (values.backend !== undefined && !['tokio', 'uv'].includes(values.backend)) {
    throw new Error(`--backend must be uv or tokio, got "${values.backend}"`);
  }
  if (values.sample !== undefined && !Object.hasOwn(samples, values.sample)) {
    throw new Error(`--sample must be one of ${Object.keys(samples).join(', ')}, got "${values.sample}"`);
  }
  return {
    ...values,
    jest: !values['no-jest'],
    filter: pattern('filter', values.filter),
    group: values.group === 'wider' ? 'wider' : pattern('group', values.group),
    sample: values.sample,
    repeat: count('repeat', values.repeat),
    jobs: count('jobs', values.jobs),
    limit: count('limit', values.limit) * 1000,
  };
}

module.exports = { readArgs, USAGE };
