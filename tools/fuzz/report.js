'use strict';

// What the command prints.

/**
 * A program, one line for each step.
 *
 * @param {object} program see generate.js
 * @returns {string}
 */
function formatProgram(program) {
  const { steps, ...rest } = program;
  const lines = Object.entries(rest).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  lines.push('  steps:', ...steps.map(({ on, ops }, index) =>
    `    ${index + 1}. ${on}: ${ops.map((op) => JSON.stringify(op)).join(' ')}`));
  return lines.join('\n');
}

/**
 * What two lines do not share, if they are long lists of properties; else both lines.
 *
 * @param {string} expected
 * @param {string} actual
 * @returns {[string, string]}
 */
function shortened(expected, actual) {
  const left = expected.split(' ');
  const right = actual.split(' ');
  if (left.length < 12 || left.length !== right.length) return [expected, actual];
  const keep = (words, others) => words.filter((word, index) => index < 2 || word !== others[index]).join(' ');
  return [keep(left, right), keep(right, left)];
}

/**
 * @param {object} result of judge() or of Pool.run()
 * @returns {string}
 */
function formatResult({ died, difference, pairing, stderr, verdict }) {
  const lines = [`  ${verdict}${pairing ? `, rsnet as ${pairing === 'both' ? 'both sides' : `the ${pairing}`}` : ''}`];
  if (died) lines.push(`  the process ended: ${died}`, ...String(stderr).trim().split('\n').slice(0, 12));
  if (difference?.error) lines.push(difference.error);
  if (difference?.actor) {
    const [expected, actual] = shortened(difference.expected, difference.actual);
    lines.push(...difference.before.map((text) => `       ${difference.actor} ${text.slice(0, 160)}`));
    lines.push(`  net   ${difference.actor} ${expected}`, `  rsnet ${difference.actor} ${actual}`);
  }
  return lines.join('\n');
}

/**
 * @param {object} finding of runCampaign()
 * @param {string} command that shows it again
 * @returns {string}
 */
function formatFinding(finding, command) {
  const lines = [
    '', `seed ${finding.seed} (${finding.times} ${finding.times === 1 ? 'program' : 'programs'} of this kind)`,
    formatResult(finding.smallResult ?? finding.result), formatProgram(finding.small ?? finding.program),
    `  again: ${command} --replay ${finding.seed}`,
  ];
  return lines.join('\n');
}

/**
 * @param {object} counts of runCampaign()
 * @param {number} seconds that have passed
 * @returns {string} one line
 */
function formatCounts(counts, seconds) {
  const rest = ['different', 'died', 'failed', 'unsteady', 'excluded'].filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${key}`);
  const excused = counts.excused > 0 ? `, ${counts.excused} by rule 11` : '';
  const beside = counts.neighbours > 0 ? `, ${counts.neighbours} differed only beside others` : '';
  const rate = Math.round(counts.programs / Math.max(seconds, 0.001));
  return `${counts.programs} programs, ${counts.equal} equal${rest.length > 0 ? `, ${rest.join(', ')}` : ''} `
    + `(${counts.retaken} retaken at a slower pace${excused}${beside}), ${Math.round(seconds)} s, ${rate}/s`;
}

module.exports = { formatCounts, formatFinding };
