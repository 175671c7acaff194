'use strict';

// Values as text for the trace. Port numbers and socket paths differ from run to run, so they appear as names.

/** Ports below this one are chosen by a program, those above by the kernel. */
const FIRST_CHOSEN_BY_KERNEL = 1024;

/** An address and a port as they stand in messages. */
const ADDRESS_AND_PORT = /(127\.0\.0\.1|0\.0\.0\.0|::1|::|localhost|name\.invalid):(\d+)/g;

/**
 * Replaces what differs between two runs of one program by names.
 *
 * @param {string} text
 * @param {{path: string | null, port: number}} names of the run
 * @returns {string}
 */
function mask(text, names) {
  const withoutPath = names.path ? text.split(names.path).join('<path>') : text;
  return withoutPath.replace(ADDRESS_AND_PORT, (whole, address, port) =>
    `${address}:${maskPort(Number(port), names)}`);
}

/**
 * @param {number} port
 * @param {{port: number}} names of the run
 * @returns {string | number} a name for a port that the kernel chose
 */
function maskPort(port, names) {
  if (port === names.port && port !== 0) return '<server>';
  return Number.isInteger(port) && port >= FIRST_CHOSEN_BY_KERNEL && port < 65536 ? '<port>' : port;
}

/**
 * An error with everything that a program can see of it but its stack.
 *
 * @param {Error} error
 * @param {object} names of the run
 * @returns {string}
 */
function formatError(error, names) {
  const fields = Object.keys(error).filter((key) => !key.startsWith('__')).sort()
    .map((key) => `${key}=${formatProperty(key, error[key], names)}`);
  const inner = error.errors ? ` of [${error.errors.map((one) => formatError(one, names)).join('; ')}]` : '';
  const cause = error.cause instanceof Error ? ` because of ${formatError(error.cause, names)}` : '';
  return `${error.name}: ${mask(String(error.message), names)} {${fields.join(' ')}}${inner}${cause}`;
}

/**
 * @param {string} key name of a property
 * @param {any} value its value
 * @param {object} names of the run
 * @returns {string}
 */
function formatProperty(key, value, names) {
  return /port$/i.test(key) ? String(maskPort(value, names)) : format(value, names);
}

/**
 * Any value as text.
 *
 * @param {any} value
 * @param {object} names of the run
 * @returns {string}
 */
function format(value, names) {
  if (value instanceof Error) return formatError(value, names);
  if (typeof value === 'string') return JSON.stringify(mask(value, names));
  if (typeof value === 'function') return 'function';
  if (Array.isArray(value)) return `[${value.map((one) => format(one, names)).join(', ')}]`;
  if (Buffer.isBuffer(value)) return `Buffer(${value.length})`;
  if (value !== null && typeof value === 'object') {
    if (typeof value.on === 'function') return value.constructor.name;
    const fields = Object.keys(value).sort().map((key) => `${key}: ${formatProperty(key, value[key], names)}`);
    return `{${fields.join(', ')}}`;
  }
  return String(value);
}

module.exports = { format, mask, maskPort };
