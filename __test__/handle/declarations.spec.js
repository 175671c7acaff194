'use strict';

// lib/types/addon.d.ts and symbols.d.ts, by which TypeScript checks lib/, name what is really there.

const fs = require('node:fs');
const path = require('node:path');
const { getBridge } = require('../../lib/addon/bridge');
const native = require('../../lib/addon/native');

const text = fs.readFileSync(path.join(__dirname, '../../lib/types/addon.d.ts'), 'utf8');

/**
 * @param {string} name of an interface
 * @returns {Array<{name: string, type: string}>} its own members
 */
function declared(name) {
  const [, body] = new RegExp(`^interface ${name}\\b[^{]*{\\n(.*?)^}`, 'ms').exec(text);
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??([:(][^;]*);/gm)].map(([, member, type]) => ({ name: member, type }));
}

/**
 * @param {...string} interfaces
 * @returns {string[]} the names of their members
 */
function names(...interfaces) {
  return interfaces.flatMap(declared).map(({ name }) => name).sort();
}

/**
 * @param {Function} type a class of the addon
 * @returns {string[]} the names of its members
 */
function membersOf({ prototype }) {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor').sort();
}

/** Only Linux has relays and the class FileSender. */
const onLinux = process.platform === 'linux';

test('the addon', () => {
  expect(names('Addon').filter((name) => onLinux || name !== 'FileSender')).toEqual(Object.keys(native).sort());
});

test('its constants', () => {
  const tables = native.constants();
  expect(names('AddonConstants')).toEqual(Object.keys(tables).sort());
  for (const { name, type } of declared('AddonConstants')) {
    expect([name, [...type.matchAll(/'(\w+)'/g)].map(([, key]) => key)]).toEqual([name, Object.keys(tables[name])]);
  }
});

test('the Bridge', () => {
  expect(names('Bridge', 'CommandMethods', ...(onLinux ? ['RelayCommands'] : []))).toEqual(membersOf(native.Bridge));
});

test('the commands that are functions', () => {
  expect(names('CommandFunctions')).toEqual(Object.keys(getBridge().functions()).sort());
});

test.each(['HeldDescriptors', ...(onLinux ? ['FileSender'] : [])])('%s', (name) => {
  expect(names(name)).toEqual(membersOf(native[name]));
});

test.each([['HandleSymbols', 'symbols'], ['SocketSymbols', 'socket-symbols']])('%s', (namespace, module) => {
  const declarations = fs.readFileSync(path.join(__dirname, '../../lib/types/symbols.d.ts'), 'utf8');
  const [, body] = new RegExp(`^declare namespace ${namespace} {\\n(.*?)^}`, 'ms').exec(declarations);
  const symbols = [...body.matchAll(/(\w+): unique symbol/g)].map(([, name]) => name).sort();
  expect(symbols).toEqual(Object.keys(require(`../../lib/handle/${module}`)).sort());
});
