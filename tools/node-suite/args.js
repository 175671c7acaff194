'use strict';

const os = require('node:os');
const { parseArgs } = require('node:util');
const { backendOf, oneOf, patternOf, wholeNumberOf } = require('../lib/options');
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
 * Reads the command line.
 * @param {string[]} argv
 * @returns {object} the options by name; numbers and regular expressions as such
 * @throws {Error} with a text for the user
 */
function readArgs(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS, strict: true });
  if (values.sample !== undefined) oneOf('sample', values.sample, Object.keys(samples));
  return {
    ...values,
    backend: backendOf(values.backend),
    jest: !values['no-jest'],
    filter: patternOf('filter', values.filter),
    group: values.group === 'wider' ? 'wider' : patternOf('group', values.group),
    repeat: wholeNumberOf('repeat', values.repeat),
    jobs: wholeNumberOf('jobs', values.jobs),
    limit: wholeNumberOf('limit', values.limit) * 1000,
  };
}

module.exports = { readArgs, USAGE };
