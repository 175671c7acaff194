'use strict';

// The imports in src/ point from addon to bridge to backend to engine. (ESLint and dependency-cruiser judge lib/.)

const fs = require('node:fs');
const path = require('node:path');

const SRC = path.join(__dirname, '..', '..', 'src');

/** From the ground up; each room may import from those below it, and from itself. */
const ROOMS = ['engine', 'backend', 'bridge', 'addon'];

/** What belongs to no room: who may import it. */
const OTHERS = { utf8: ['addon'], kernel: ['backend'] };

/**
 * @param {string} part of an import such as `engine::errors`
 * @returns {string} the module that it begins with
 */
function nameOf(part) {
  return part.trim().split('::')[0];
}

/**
 * @param {string} text of a file
 * @returns {string[]} the modules of the crate that it names
 */
function modulesIn(text) {
  const code = text.replaceAll(/\/\/.*$/gm, '');
  return [...code.matchAll(/\bcrate::(?:\{([^}]*)|(\w+))/g)]
    .flatMap(([, several, one]) => (one === undefined ? several.split(',').map(nameOf) : [one]));
}

const files = ROOMS.flatMap((room) => fs.readdirSync(path.join(SRC, room), { recursive: true })
  .filter((name) => name.endsWith('.rs'))
  .map((name) => [room, path.join(room, name)]));

test.each(files)('%s: %s imports from no room above', (room, file) => {
  const text = fs.readFileSync(path.join(SRC, file), 'utf8');
  const allowed = ROOMS.slice(0, ROOMS.indexOf(room) + 1);
  const above = modulesIn(text).filter((name) => !(allowed.includes(name) || OTHERS[name]?.includes(room)));
  expect(above).toEqual([]);
  // `cargo test` runs these two without Node.
  if (room === 'engine' || room === 'backend') expect(text).not.toMatch(/\bnapi(_derive)?::/);
});

test('what is imported by a path of its own is found', () => {
  const text = 'use crate::bridge::A; // crate::addon\nuse crate::{engine::errors, utf8};\ncrate::backend::b();';
  expect(modulesIn(text)).toEqual(['bridge', 'engine', 'utf8', 'backend']);
});
