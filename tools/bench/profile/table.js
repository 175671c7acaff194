'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../paths');
const { PARTS } = require('./shares');

const DOCUMENT = path.join(ROOT, 'docs', 'performance.md');
const [FIRST, LAST] = ['begin', 'end'].map((name) => `<!-- profile: ${name} -->`);

/**
 * @param {number} share
 * @returns {string} in percent
 */
function percent(share) {
  return `${Math.round(share * 100)}%`;
}

/**
 * The rate of a program whose user code for sockets and streams took no time, as times its own.
 * @param {import('./shares').Shares} shares of the built-in
 * @returns {string}
 */
function bound({ socket, streams }) {
  return `${(1 / (1 - socket - streams)).toFixed(2)}x`;
}

/**
 * A table of profiles.
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {Record<string, import('../schedule').Outcome>} outcomes
 * @param {import('../peers').Peer[]} peers
 * @returns {string} Markdown
 */
function renderProfiles(scenarios, outcomes, peers) {
  const columns = ['program', 'under', ...Object.values(PARTS), 'bound', 'samples'];
  const rows = scenarios.flatMap(({ id, title }) => peers.flatMap((peer) => {
    const found = outcomes[id]?.results[peer.id]?.find((result) => result?.profile)?.profile;
    if (!found) return [];
    const parts = Object.keys(PARTS).map((part) => percent(found.shares[part]));
    return [[title, peer.title, ...parts, peer.base === peer.id ? bound(found.shares) : '', String(found.samples)]];
  }));
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * Puts the table into docs/performance.md, between its marks.
 * @param {string} table
 * @param {string} machine where it was measured
 * @returns {string} the document
 * @throws {Error} if the marks are missing
 */
function publishProfiles(table, machine) {
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  const begin = text.indexOf(FIRST);
  const end = text.indexOf(LAST);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md lacks the marks ${FIRST} and ${LAST}`);
  fs.writeFileSync(DOCUMENT, `${text.slice(0, begin)}${FIRST}\n\n${machine}\n\n${table}\n\n${text.slice(end)}`);
  return path.relative(ROOT, DOCUMENT);
}

module.exports = { publishProfiles, renderProfiles };
