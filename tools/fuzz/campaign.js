'use strict';

// A run over many programs: hands them out, counts, and shrinks what differs.

const { generate } = require('./generate');
const { Pool } = require('./pool');
const { hashText } = require('./random');
const { shrink } = require('./shrink');

/** Milliseconds that one difference may take to be made small. */
const SHRINK_LIMIT = 25000;

/**
 * Which pairings a program is run in: both sides rsnet always, one side only in turn.
 *
 * @param {string} seed
 * @param {boolean} self only the built-in against itself
 * @returns {string[]} keys of PAIRINGS
 */
function pairingsOf(seed, self) {
  if (self) return ['self'];
  return ['both', hashText(`pairing ${seed}`) % 2 ? 'server' : 'client'];
}

/**
 * What kind of difference it is: the same mistake of rsnet shows in many programs, and one of them is enough to see.
 *
 * @param {object} result of judge()
 * @returns {string}
 */
function kindOf({ died, difference, verdict }) {
  if (died) return `${verdict} ${died}`;
  const words = (text) => String(text).replace(/^\d+: /, '').replace(/\d+/g, 'N').split(' ');
  const left = words(difference.expected);
  const right = words(difference.actual);
  const only = (some, others) => some.filter((word) => !others.includes(word)).slice(0, 3).join(' ');
  return `${verdict} ${String(difference.actor).replace(/\d/g, '')} ${left[0]}: ${only(left, right)} / ${only(right, left)}`;
}

/**
 * Makes a differing program small.
 *
 * @param {Pool} pool
 * @param {object} program
 * @param {string} pairing the one in which it differs
 * @returns {Promise<{program: object, result: object}>} the small program and what is different there
 */
async function makeSmall(pool, program, pairing) {
  let last = null;
  const findDifferent = async (programs) => {
    const results = await Promise.all(programs.map((one) => pool.run({
      program: one, pairings: [pairing], hasty: true,
    })));
    const index = results.findIndex(({ verdict }) => verdict === 'different' || verdict === 'died');
    if (index >= 0) last = results[index];
    return index;
  };
  const small = await shrink(program, findDifferent, { deadline: Date.now() + SHRINK_LIMIT });
  return { program: small, result: last };
}

/**
 * Runs programs until there are no more, or time is up.
 *
 * @param {{seeds: Iterable<string>, processes: number, backend?: string, self?: boolean, deadline?: number,
 *   shrinkMost?: number, onFinding?: (finding: object) => void, onProgress?: (counts: object) => void}} options
 *   deadline in milliseconds since 1970; `shrinkMost` says how many kinds of differences are made small
 * @returns {Promise<{counts: object, findings: object[]}>}
 */
async function runCampaign(options) {
  const { seeds, processes, backend, self = false, deadline = Infinity, shrinkMost = 12 } = options;
  const pool = new Pool({ processes, backend });
  const counts = {
    programs: 0, equal: 0, different: 0, died: 0, unsteady: 0, excluded: 0, failed: 0, retaken: 0, neighbours: 0,
    excused: 0, kinds: 0,
  };
  const kinds = new Map();
  const findings = [];
  const take = async (seed) => {
    const result = await pool.run({ seed, pairings: pairingsOf(seed, self) });
    counts.programs += 1;
    counts[result.verdict] += 1;
    if (result.retaken > 0) counts.retaken += 1;
    if (result.excused) counts.excused += 1;
    if (result.neighbour) counts.neighbours += 1;
    if (['different', 'died', 'failed', 'unsteady'].includes(result.verdict)) {
      const kind = kindOf(result);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (kinds.get(kind) === 1) findings.push({ seed, kind, result });
    }
    counts.kinds = kinds.size;
    options.onProgress?.(counts);
  };
  try {
    const iterator = seeds[Symbol.iterator]();
    await Promise.all(Array.from({ length: pool.width }, async () => {
      for (let next = iterator.next(); !next.done && Date.now() < deadline; next = iterator.next()) {
        await take(next.value);
      }
    }));
    for (const [index, finding] of findings.entries()) {
      finding.times = kinds.get(finding.kind);
      finding.program = generate(finding.seed);
      if (index < shrinkMost && ['different', 'died'].includes(finding.result.verdict)) {
        const small = await makeSmall(pool, finding.program, finding.result.pairing);
        Object.assign(finding, { small: small.program, smallResult: small.result });
      }
      options.onFinding?.(finding);
    }
  } finally {
    await pool.close();
  }
  return { counts, findings };
}

module.exports = { makeSmall, runCampaign };
