'use strict';

// What all scripts share: starting a command, and ending with one clear line when something is wrong.

const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

/** A command that a script started ended badly, or something it needs is missing: shown without a stack. */
class Failure extends Error {
  /**
   * @param {string} message the line to show
   * @param {number} [exitCode] what the script exits with
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Run a command to its end, on this terminal unless told otherwise.
 * @param {string} command program to run
 * @param {string[]} args its arguments
 * @param {object} [options] those of spawnSync, and two more
 * @param {string} [options.missing] what to say when the program is not there
 * @param {string} [options.name] what to call the program in a message
 * @returns {string} its standard output, if `stdio` was set so that it can be read
 * @throws {Failure} when it cannot be started, or ends with anything but 0
 */
function run(command, args, { missing, name = command, ...options } = {}) {
  const result = spawnSync(command, args, { stdio: 'inherit', maxBuffer: 1 << 28, ...options });
  if (result.error) {
    if (result.error.code === 'ENOENT' && missing) throw new Failure(missing);
    throw new Failure(`${name} could not be run: ${result.error.message}`);
  }
  if (result.signal) throw new Failure(`${name} was ended by ${result.signal}`);
  if (result.status !== 0) throw new Failure(`${name} failed with status ${result.status}`, result.status);
  return result.stdout ? result.stdout.toString() : '';
}

/**
 * The arguments that run npm with this node, whatever the PATH says.
 * @param {string[]} args arguments for npm
 * @returns {[string, string[]]} the program and its arguments
 */
function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli && /npm-cli\.c?js$/.test(cli) ? [process.execPath, [cli, ...args]] : ['npm', args];
}

/**
 * Read a script's command line.
 * @param {string} usage what `--help` prints
 * @param {import('node:util').ParseArgsConfig['options']} [options] besides `--help`
 * @param {number} [most] how many words may stand there that are no options
 * @returns {{values: object, positionals: string[]} | null} null: help was asked for, and was given
 * @throws {Failure} when it cannot be understood
 */
function readOptions(usage, options = {}, most = 0) {
  let read;
  try {
    read = parseArgs({ options: { ...options, help: { type: 'boolean' } }, allowPositionals: most > 0 });
  } catch (error) {
    throw new Failure(`${error.message}\n\n${usage}`, 2);
  }
  if (read.values.help) {
    console.log(usage);
    return null;
  }
  if (read.positionals.length > most) {
    throw new Failure(`"${read.positionals[most]}" is one word too many\n\n${usage}`, 2);
  }
  return read;
}

/**
 * Give help for a script that hands its arguments to a program, if they ask for it.
 * @param {string} usage what to print
 * @returns {boolean} whether they did
 */
function givesHelp(usage) {
  const isAsked = process.argv.slice(2).some((word) => word === '--help' || word === '-h');
  if (isAsked) console.log(usage);
  return isAsked;
}

/**
 * Run a script's work; end the process with its exit status.
 * @param {() => void | Promise<void>} work the script
 * @returns {Promise<void>} settled when the work has ended
 */
async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`rsnet: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}

module.exports = { Failure, run, npmCommand, readOptions, givesHelp, main };
