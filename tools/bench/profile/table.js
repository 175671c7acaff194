'use strict';

const { PARTS } = require('./shares');

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

module.exports = { renderProfiles };
