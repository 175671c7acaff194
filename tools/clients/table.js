'use strict';

/**
 * @typedef {object} Row
 * @property {string} client
 * @property {string} version
 * @property {string} servers with their versions
 * @property {number} steps how many findings were compared
 * @property {number} connections begun through rsnet
 * @property {number} listeners on rsnet
 * @property {number} builtinSeconds
 * @property {number} rsnetSeconds
 * @property {string} result 'same', 'different', 'failed' or 'left out'
 */

/** The columns: heading, and what stands there. */
const COLUMNS = [
  ['client', (row) => row.client],
  ['version', (row) => row.version],
  ['server', (row) => row.servers],
  ['steps', (row) => `${row.steps}`],
  ['connections', (row) => `${row.connections}`],
  ['listeners', (row) => `${row.listeners}`],
  ['built-in', (row) => `${row.builtinSeconds.toFixed(1)} s`],
  ['rsnet', (row) => `${row.rsnetSeconds.toFixed(1)} s`],
  ['result', (row) => row.result],
];

/**
 * The results as a Markdown table.
 * @param {Row[]} rows
 * @returns {string}
 */
function formatTable(rows) {
  const cells = [COLUMNS.map(([heading]) => heading), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const lines = cells.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}

module.exports = { formatTable };
