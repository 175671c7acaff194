'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../paths');

/** The page of the figures. */
const DOCUMENT = path.join(ROOT, 'docs', 'performance.md');

/**
 * Puts text into docs/performance.md, between two marks.
 * @param {string} mark the name of both
 * @param {string} body Markdown
 * @returns {string} the document, from the root on
 * @throws {Error} if the marks are missing
 */
function putBetween(mark, body) {
  const [first, last] = ['begin', 'end'].map((name) => `<!-- ${mark}: ${name} -->`);
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  const begin = text.indexOf(first);
  const end = text.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md lacks the marks ${first} and ${last}`);
  fs.writeFileSync(DOCUMENT, `${text.slice(0, begin)}${first}\n\n${body}\n${text.slice(end)}`);
  return path.relative(ROOT, DOCUMENT);
}

module.exports = { DOCUMENT, putBetween };
