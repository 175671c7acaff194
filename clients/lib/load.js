'use strict';

const autocannon = require('autocannon');

/**
 * Puts a server under a fixed number of requests; what is told does not depend on time.
 * @param {object} options of autocannon: url, amount, connections, pipelining, requests, ...
 * @returns {Promise<object>} how many answers of each status and how many failures there were
 */
async function load(options) {
  // It looks only once in each sample interval (in ms) whether all requests are done.
  const result = await autocannon({ connections: 50, timeout: 60, sampleInt: 50, ...options });
  const { errors, timeouts, mismatches, resets, non2xx, statusCodeStats } = result;
  const statuses = Object.fromEntries(Object.entries(statusCodeStats).map(([code, { count }]) => [code, count]));
  return { statuses, non2xx, errors, timeouts, mismatches, resets };
}

module.exports = { load };
