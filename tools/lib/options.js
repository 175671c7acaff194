'use strict';

// What the command lines of the tools have in common.

const { Failure } = require('../../scripts/lib/run');

/** The backends of rsnet. */
const BACKENDS = ['uv', 'tokio'];

/** The command line is wrong. */
class UsageError extends Failure {
  /** @param {string} message what is wrong */
  constructor(message) {
    super(message, 2);
  }
}

/**
 * @param {string} name of the option
 * @param {string} text
 * @param {number} [least]
 * @param {number} [most]
 * @returns {number}
 * @throws {UsageError} if it is no number, or beyond a bound
 */
function numberOf(name, text, least = 0, most = Infinity) {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
    throw new UsageError(`--${name} must be a number ${range(least, most)}, got "${text}"`);
  }
  return value;
}

/**
 * @param {string} name of the option
 * @param {string} text
 * @param {number} [least]
 * @param {number} [most]
 * @returns {number}
 * @throws {UsageError} if it is no whole number, or beyond a bound
 */
function wholeNumberOf(name, text, least = 1, most = Number.MAX_SAFE_INTEGER) {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} must be a whole number ${range(least, most)}, got "${text}"`);
  }
  return value;
}

/**
 * @param {number} least
 * @param {number} most
 * @returns {string} the bounds in words
 */
function range(least, most) {
  return most >= Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
}

/**
 * @param {string} name of the option
 * @param {string|undefined} text
 * @param {string} [flags] of the expression
 * @returns {RegExp|undefined} undefined if the option is not given
 * @throws {UsageError} if it is no regular expression
 */
function patternOf(name, text, flags) {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, flags);
  } catch (error) {
    throw new UsageError(`--${name}: ${error.message}`);
  }
}

/**
 * @param {string} name of the option
 * @param {string} text
 * @param {string[]} known
 * @returns {string}
 * @throws {UsageError} if it is none of them
 */
function oneOf(name, text, known) {
  if (known.includes(text)) return text;
  const words = known.length === 2 ? known.join(' or ') : `one of ${known.join(', ')}`;
  throw new UsageError(`--${name} must be ${words}, got "${text}"`);
}

/**
 * @param {string|undefined} text of the option `--backend`
 * @returns {string|undefined} undefined if it is not given
 * @throws {UsageError} if it is no backend
 */
function backendOf(text) {
  return text === undefined ? undefined : oneOf('backend', text, BACKENDS);
}

module.exports = { BACKENDS, UsageError, backendOf, numberOf, oneOf, patternOf, wholeNumberOf };
