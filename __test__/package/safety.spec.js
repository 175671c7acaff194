'use strict';

// docs/safety.md names each file of src/ that has `unsafe`.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** @returns {string[]} files and folders in the first column of the review, below src/ */
function reviewed() {
  const [, review] = fs.readFileSync(path.join(ROOT, 'docs', 'safety.md'), 'utf8').split('## Review of `unsafe`');
  const cells = review.split('### ')[0].split('\n').map((line) => line.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`((?:addon|bridge|backend|engine)\/[\w/]+)`/g)].map(([, name]) => name));
}

/** @returns {string[]} files below src/ that have `unsafe`, but for tests */
function unsafeFiles() {
  return fs.readdirSync(path.join(ROOT, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.rs') && !file.endsWith('tests.rs'))
    .filter((file) => /\bunsafe (\{|impl)/.test(fs.readFileSync(path.join(ROOT, 'src', file), 'utf8')));
}

test.each(unsafeFiles())('%s is in the review of docs/safety.md', (file) => {
  const isNamed = (name) => file === `${name}.rs` || file.startsWith(`${name}/`);
  expect(reviewed().filter(isNamed)).not.toEqual([]);
});

test.each(reviewed())('%s of the review is there', (name) => {
  const place = path.join(ROOT, 'src', name);
  expect([fs.existsSync(place), fs.existsSync(`${place}.rs`)]).toContain(true);
});
