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

/**
 * Posts JSON to a server whose path `/json` answers with the sum of a list.
 * @param {string} url
 * @param {number} amount of requests
 * @param {object} [options] of autocannon
 * @returns {Promise<object>} as for `load`
 */
function loadJson(url, amount, options) {
  const list = Array.from({ length: 1000 }, (_, n) => n);
  return load({
    url: `${url}/json`,
    amount,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ list }),
    expectBody: JSON.stringify({ sum: list.reduce((a, b) => a + b, 0) }),
    ...options,
  });
}

module.exports = { load, loadJson };
