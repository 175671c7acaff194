'use strict';

/** Requests that the pipelined client sends in one tick. */
const MESSAGES = 100;

/**
 * What is counted, how it is shown, and what processor time is told for.
 * @typedef {object} Unit
 * @property {string} unit of the rate, as shown
 * @property {number} scale a rate times this is what is shown
 * @property {string} cpuUnit of the processor time, as shown
 * @property {number} cpuScale seconds for one unit times this is what is shown
 */

/** @type {Unit} */
const requests = { unit: 'requests/s', scale: 1, cpuUnit: 'µs/request', cpuScale: 1e6 };

/** @type {Unit} */
const queries = { unit: 'queries/s', scale: 1, cpuUnit: 'µs/query', cpuScale: 1e6 };

/** @type {Unit} */
const messages = { unit: 'messages/s', scale: 1, cpuUnit: 'µs/message', cpuScale: 1e6 };

/** @type {Unit} */
const connections = { unit: 'connections/s', scale: 1, cpuUnit: 'µs/connection', cpuScale: 1e6 };

/** @type {Unit} */
const bytes = { unit: 'GB/s', scale: 1e-9, cpuUnit: 's/GB', cpuScale: 1e9 };

/** Node's own benchmark counts 1024 * 1024 * 1024 bits as one Gbit. @type {Unit} */
const gigabits = { unit: 'Gbit/s', scale: 1, cpuUnit: 's/Gbit', cpuScale: 1 };

/**
 * Requests that are counted, shown by the bytes that they carry.
 * @param {number} size bytes of one
 * @returns {Unit}
 */
function gigabytes(size) {
  return { unit: 'GB/s', scale: size / 1e9, cpuUnit: 's/GB', cpuScale: 1e9 / size };
}

module.exports = { MESSAGES, requests, queries, messages, connections, bytes, gigabits, gigabytes };
