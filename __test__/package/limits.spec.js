'use strict';

// docs/limits.md names each constant with its value and its file. Numbers that stand in both languages are the same.

const fs = require('node:fs');
const path = require('node:path');
const { describeRsnet } = require('../helpers');

const ROOT = path.join(__dirname, '..', '..');

/** What a unit of the page multiplies its number by; any other is 1. The code may have milliseconds for seconds. */
const UNITS = { KiB: [1024], MiB: [1024 * 1024], Ki: [1024], s: [1, 1000] };

/**
 * @param {string} file below the root
 * @param {string} name of a constant
 * @returns {string|undefined} what it is defined as, in Rust or in JavaScript
 */
function definitionOf(file, name) {
  const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  return new RegExp(`^ *(?:pub )?const ${name}(?:: [^=]+)? = ([^;]+);`, 'm').exec(text)?.[1];
}

/**
 * @param {string} file below the root
 * @param {string} name of a constant
 * @returns {number|undefined} its value; undefined where it is more than a sum or product of numbers
 */
function valueOf(file, name) {
  const expression = definitionOf(file, name)
    ?.replace(/[A-Z][A-Z_]+/g, (other) => (definitionOf(file, other) === undefined ? other : valueOf(file, other)));
  if (expression === undefined || !/^[\d_+\-*() ]+$/.test(expression)) return undefined;
  return expression.split('+').reduce((sum, part) => {
    const products = part.split('-').map((product) => product.split('*').reduce((a, b) => a * numberOf(b), 1));
    const [first, ...others] = products;
    return others.reduce((left, right) => left - right, sum + first);
  }, 0);
}

/**
 * @param {string} text such as `16_384`
 * @returns {number}
 */
function numberOf(text) {
  return Number(text.replaceAll(/[_, ]/g, ''));
}

/**
 * @param {string} cell such as `64 KiB; 1 without`
 * @returns {number[]} the numbers that it may mean
 */
function numbersIn(cell) {
  return [...cell.matchAll(/([\d,]*\d)(?: (\w+))?/g)]
    .flatMap(([, number, unit]) => (UNITS[unit] ?? [1]).map((factor) => numberOf(number) * factor));
}

/** @returns {Array<[string, string[], string]>} name, files and value of each constant on the page */
function rows() {
  const found = [];
  let files;
  for (const line of fs.readFileSync(path.join(ROOT, 'docs', 'limits.md'), 'utf8').split('\n')) {
    const [, names, value, where] = line.split('|').map((cell) => cell.trim());
    if (where === undefined || !names.includes('`')) continue;
    const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
    files = where === 'the same' ? files : quoted(where);
    for (const name of quoted(names)) found.push([name, files, value]);
  }
  return found;
}

describe('docs/limits.md', () => {
  test.each(rows())('%s is in %s', (name, files, value) => {
    const defining = files.filter((file) => definitionOf(file, name) !== undefined);
    expect(defining).not.toEqual([]);
    for (const file of defining) {
      const real = valueOf(file, name);
      if (real !== undefined) expect(numbersIn(value)).toContain(real);
    }
  });

  test('has values that this spec can compare', () => {
    const compared = rows().filter(([name, files]) => files.some((file) => valueOf(file, name) !== undefined));
    expect(compared.length).toBeGreaterThan(rows().length / 2);
  });
});

describeRsnet('numbers that JavaScript needs without a binary, too', () => {
  test('are those of Rust', () => {
    const { MAX_DESCRIPTORS } = require('../../lib/api/kernel-option-names');
    expect(require('../../lib/addon/constants').sizes.MAX_DESCRIPTORS).toBe(MAX_DESCRIPTORS);
  });
});
