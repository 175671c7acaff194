'use strict';

// docs/limits.md names each threshold with its value and its file, and the code has no other. Numbers that stand in
// both languages are the same.

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
  const expression = definitionOf(file, name)?.replace(/Duration::from_(?:millis|secs)\((.*)\)/, '$1')
    .replace(/[A-Z][A-Z_]+/g, (other) => (definitionOf(file, other) === undefined ? other : valueOf(file, other)));
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

/** Constants with numbers that bound nothing. */
const NO_THRESHOLDS = {
  'numbers of the kernel and of libuv': [
    'TCPI_OPT_SYN_DATA', 'UNBOUNDED', 'AF_INET', 'LISTEN_FDS_START', 'LAST_STANDARD_STREAM', 'UV_TCP_IPV6ONLY',
    'UV_TCP_REUSEPORT', 'READABLE', 'DISCONNECT', 'HANDLE_KINDS', 'UV_EOF', 'ESTABLISHED', 'FIN_WAIT1', 'CLOSE_WAIT',
    'LAST_ACK', 'CLOSING', 'TCP_ESTABLISHED', 'MPTCP_INFO', 'SCM_PIDFD', 'FLAGS', 'ENDED', 'NUMBERS',
    'TCP_INFO_WORDS', 'TCP_INFO_LONGS',
  ],
  'what Node takes': ['CHECKS_HOST_SINCE', 'INT32_MIN', 'INT32_MAX', 'UINT32_MAX', 'PORT_MAX', 'TIMEOUT_MAX'],
  'what protocols and encodings say': [
    'LENGTHS', 'PATH_LENGTH', 'IPV6_WORDS', 'MAPPED', 'POLYNOMIAL', 'V2_MAX', 'ADDRESSES_MAX', 'IP_ADDRESSES_MAX',
    'LF', 'CR', 'MAX_PORT', 'HEAD', 'SSL_HEAD', 'VERSION', 'INTERNAL_ERROR', 'MAX_BYTES',
  ],
  'units': ['MICRO', 'MS_PER_SECOND'],
  'kinds, states and answers of rsnet\'s own': [
    'SOCKET', 'SENT', 'WAITS', 'GATE_NONE', 'GATE_HELD', 'GATE_WAITING', 'GATE_BEGUN', 'SEND_AT_ONCE', 'NONE_FREE',
    'UTF8', 'LATIN1', 'UTF16LE', 'IN_PLACE', 'NAMED', 'OUT_OF_LINE',
    'USER_BUFFER', 'LANDED_FULL', 'LANDED_LARGE', 'NONE', 'READ', 'CLOSED',
    'NO_SLOT', 'NO_DESCRIPTOR', 'V6_ONLY', 'REUSE_PORT', 'OK', 'TOO_MANY', 'NO_PLACE_FOR_DESCRIPTORS', 'FIRST',
  ],
  'what the code has, and how it lies in memory': [
    'MAX_ARGUMENTS', 'VIEW', 'FIELDS', 'ALIGNMENT', 'CALL_KINDS', 'CONTROL', 'AREAS',
  ],
};

/** Numbers that stand in both languages. */
const SHARED = ['MAX_DESCRIPTORS', 'SEND_AT_ONCE'];

/** How Rust and JavaScript define a constant: its name, and its value. */
const DEFINITIONS = {
  '.rs': /^ *(?:pub(?:\(\w+\))? )?const ([A-Z]\w*): [^=]* = ([^;]+);/gm,
  '.js': /^ *const ([A-Z][A-Z_\d]+) = ([^;]+);/gm,
};

/**
 * @param {string} value that a constant is defined as
 * @returns {boolean} whether it consists of numbers and other constants
 */
function isNumeric(value) {
  const bare = value.replace(/'[^']*'|\/\/.*|(?<=0x)[\da-f]+|\w+:(?!:)|^\w+ === undefined/g, '');
  const words = bare.match(/\b[a-zA-Z]\w*/g) ?? [];
  return /[\dA-Z]/.test(bare) && !/["`]/.test(bare) && words.every((word) => {
    return /^(?:[A-Z][A-Z_\d]+|IPv6|sizes|libc|utf8|as|[iu](?:\d+|size)|Duration|from_\w+)$/.test(word);
  });
}

/** @returns {Array<[name: string, file: string]>} the constants with numbers, but for those of tests */
function constants() {
  const files = ['lib', 'src'].flatMap((folder) => {
    return fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map((file) => path.join(folder, file));
  });
  return files.filter((file) => !file.endsWith('tests.rs')).flatMap((file) => {
    const definitions = DEFINITIONS[path.extname(file)];
    if (definitions === undefined) return [];
    const [text] = fs.readFileSync(path.join(ROOT, file), 'utf8').split('\nmod tests {');
    return [...text.matchAll(definitions)].filter(([, , value]) => isNumeric(value)).map(([, name]) => [name, file]);
  });
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

  test('has every threshold of the code', () => {
    const page = new Set(rows().flatMap(([name, files]) => files.map((file) => `${name} of ${file}`)));
    const others = Object.values(NO_THRESHOLDS).flat();
    const found = constants();
    expect(found.filter(([name, file]) => !page.has(`${name} of ${file}`) && !others.includes(name))).toEqual([]);
    expect(others.filter((other) => !found.some(([name]) => name === other))).toEqual([]);
  });

  test('a name stands for one number', () => {
    const files = new Map();
    for (const [name, file] of constants()) files.set(name, new Set([...files.get(name) ?? [], file]));
    expect([...files].filter(([name, { size }]) => size > 1 && !SHARED.includes(name))).toEqual([]);
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
