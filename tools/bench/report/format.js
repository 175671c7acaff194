'use strict';

/**
 * What can be told of a scenario besides its rate: how it is called, and whether more or less of it is
 * better.
 * @type {Record<string, {name: string, less: boolean}>}
 */
const METRICS = {
  rate: { name: 'rate', less: false },
  mean: { name: 'mean latency', less: true },
  p50: { name: 'p50', less: true },
  p99: { name: 'p99', less: true },
  cpu: { name: 'CPU', less: true },
  peak: { name: 'peak memory', less: true },
  memory: { name: 'memory for each', less: true },
  beside: { name: 'transfer beside it', less: false },
  acceptMs: { name: 'time to accept', less: true },
};

/**
 * A number with as many digits as say something.
 * @param {number} value
 * @returns {string}
 */
function formatNumber(value) {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  if (size >= 10) return value.toFixed(1);
  return size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/**
 * A metric's value with its unit.
 * @param {import('../scenarios').Scenario} scenario
 * @param {string} metric
 * @param {number|undefined} value as in a Result
 * @returns {string} '-' if there is none
 */
function formatMetric(scenario, metric, value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return '-';
  switch (metric) {
    case 'rate': return `${formatNumber(value * scenario.scale)} ${scenario.unit}`;
    case 'cpu': return `${formatNumber(value * scenario.cpuScale)} ${scenario.cpuUnit}`;
    case 'mean':
    case 'p50':
    case 'p99': return `${formatNumber(value)} µs`;
    case 'peak': return `${formatNumber(value / 1e6)} MB`;
    case 'memory': return `${formatNumber(value / 1e3)} KB`;
    case 'beside': return `${formatNumber(value / 1e9)} GB/s`;
    case 'acceptMs': return `${formatNumber(value)} ms`;
    default: return formatNumber(value);
  }
}

/**
 * A ratio, as in 1.42x.
 * @param {number|undefined} value
 * @returns {string}
 */
function formatRatio(value) {
  return value === undefined || !Number.isFinite(value) ? '-' : `${value.toFixed(2)}x`;
}

module.exports = { METRICS, formatNumber, formatMetric, formatRatio };
