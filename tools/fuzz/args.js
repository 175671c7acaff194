'use strict';

const os = require('node:os');
const { parseArgs } = require('node:util');
const { UsageError, backendOf, numberOf, wholeNumberOf } = require('../lib/options');

/** What `--help` prints. */
const USAGE = `npm run fuzz -- [OPTIONS]

Compares rsnet with the built-in net over random programs of socket operations.

  --programs N   how many programs (2000; without end if only --minutes is given)
  --minutes M    stop after that long
  --seed S       start of every program's seed: S/0, S/1, ... (a random one)
  --from N       number of the first program (0)
  --backend B    uv or tokio (what the host gets by default)
  --processes P  child processes (the number of cores)
  --replay SEED  run one program, in all pairings, and print it
  --file FILE    the same with a program from a JSON file
  --self         compare the built-in with itself, to see what it leaves open
  --json FILE    write the counts and findings there, too
  --help         this text

Ends with 0 if everything was equal, with 1 if not, with 2 if it could not start.`;

/**
 * @param {string[]} argv
 * @returns {object} the options
 * @throws {UsageError} when an option is unknown or its value is of no use
 */
function readArgs(argv) {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        programs: text, minutes: text, seed: text, from: text, backend: text, processes: text, replay: text, file: text,
        self: flag, json: text, help: flag,
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { minutes, programs } = values;
  const isEndless = programs === undefined && minutes !== undefined;
  return {
    ...values,
    backend: backendOf(values.backend),
    programs: isEndless ? Infinity : wholeNumberOf('programs', programs ?? '2000'),
    minutes: minutes === undefined ? Infinity : numberOf('minutes', minutes),
    from: wholeNumberOf('from', values.from ?? '0', 0),
    processes: wholeNumberOf('processes', values.processes ?? String(os.availableParallelism())),
    seed: values.seed ?? Math.random().toString(36).slice(2, 10),
  };
}

module.exports = { USAGE, readArgs };
