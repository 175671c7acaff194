'use strict';

// Reports that the sanitizers' runtimes write to files, one for each process.

const fs = require('node:fs');
const path = require('node:path');

/** The beginning of a report of an error, of any sanitizer. */
const ERROR = /(?:ERROR|WARNING): (?:Address|Thread|Leak)Sanitizer:? ?[^\n]*/;

/** What one of the addon's own functions looks like in a stack. */
const OWN_FRAME = /\bsrc\/(?:addon|bridge|engine|backend)\/[\w/]+\.rs:\d+/;

/**
 * Whether a stack of memory that was never freed is one that is known, with the reason.
 * @type {Array<{pattern: RegExp, reason: string}>}
 */
const KNOWN_LEAKS = [
  {
    pattern: /napi_register_module_v1|register_classes/,
    reason: 'the constructors of classes, held by napi-rs for each environment: 80 bytes',
  },
  {
    pattern: /src\/backend\/runtime\.rs/,
    reason: 'the runtime of the process, which lives as long as it',
  },
];

/**
 * Read and remove the reports in a folder.
 * @param {string} folder where the runtimes write, given to them by `log_path`
 * @returns {string[]} the text of each
 */
function takeReports(folder) {
  return fs.readdirSync(folder).map((name) => {
    const file = path.join(folder, name);
    const text = fs.readFileSync(file, 'utf8');
    fs.rmSync(file);
    return text;
  });
}

/**
 * The errors, other than leaks, that a report tells of.
 * @param {string} report the text
 * @returns {string[]} each with its stack
 */
function errorsOf(report) {
  if (!ERROR.test(report) || /ERROR: LeakSanitizer/.test(report)) return [];
  return [report];
}

/**
 * The leaks of the addon's own that a report tells of; those that the host or a known place makes are left out.
 * @param {string} report the text
 * @returns {{leaks: string[], known: number}} stacks, and how many known ones there were
 */
function leaksOf(report) {
  const blocks = report.split(/\n\n/).filter((block) => /(?:Direct|Indirect) leak of/.test(block));
  const own = blocks.filter((block) => OWN_FRAME.test(block) || /napi_register_module_v1/.test(block));
  const leaks = own.filter((block) => !KNOWN_LEAKS.some(({ pattern }) => pattern.test(block)));
  return { leaks, known: own.length - leaks.length };
}

module.exports = { KNOWN_LEAKS, errorsOf, leaksOf, takeReports };
