'use strict';

// docs/architecture.md has every file of lib/ and src/. The pages name no file that is not there, and nothing in a file
// that is not in it.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
const listed = (folder) => fs.readdirSync(path.join(ROOT, folder), { recursive: true })
  .map((name) => path.join(folder, name));

/** What `…` encloses on the page. */
const quoted = (page) => [...read(page).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);

const named = new Set(quoted('docs/architecture.md'));

/**
 * @param {string} file such as `src/engine/relay/flow.rs`
 * @returns {boolean} whether the page has it, or the folder that it is in
 */
function isNamed(file) {
  const parts = file.split(path.sep);
  const [, , ...inRoom] = parts;
  const folders = inRoom.slice(0, -1).map((name) => `${name}/`);
  return [file, parts.at(-1), ...folders].some((name) => named.has(name));
}

const sources = [...listed('lib'), ...listed('src')].filter((file) => /\.(js|rs)$/.test(file) && file !== 'src/lib.rs');

test.each(sources)('docs/architecture.md names %s', (file) => {
  expect(isNamed(file)).toBe(true);
});

const pages = ['CONTRIBUTING.md', 'README.md', ...listed('docs').filter((name) => name.endsWith('.md'))];

test.each(pages)('each file that %s names is there', (page) => {
  const files = quoted(page).filter((text) => /^(lib|src|tools|scripts|tests|types|__test__|docs)\/[\w./-]+$/.test(text));
  expect(files.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
});

/** A name in its file, such as `flush` in `src/engine/stream/write.rs`. */
const PLACED = /`([\w.:]+)`(?:,? (?:in|of)\s+|\s\()`((?:lib|src)\/[\w/.-]+\.\w+)`/g;

test.each(pages)('what %s names is in the file that it says', (page) => {
  const missing = [...read(page).matchAll(PLACED)].filter(([, name, file]) => {
    return !new RegExp(`\\b${name.split(/::|\./).filter(Boolean).at(-1)}\\b`).test(read(file));
  });
  expect(missing.map(([text]) => text)).toEqual([]);
});
