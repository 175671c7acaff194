'use strict';

// The declarations hold for the programs in __test__/types.

const fs = require('node:fs');
const builtin = require('node:net');
const path = require('node:path');
const { OPTION_NAMES } = require('../../lib/api/kernel-option-names');
const { succeed } = require('./command');

const ROOT = path.join(__dirname, '..', '..');

test('the declarations agree with their users and with the newest types of Node', async () => {
  const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  expect(await succeed([compiler, '--project', ROOT])).toBe('');
}, 120000);

test('the declarations name what the module exports', () => {
  const exported = Object.keys(require('../..')).filter((name) => !name.startsWith('_'));
  const text = fs.readFileSync(path.join(ROOT, 'index.d.ts'), 'utf8');
  for (const name of exported) {
    const declared = new RegExp(`export ((class|const|function|import) ${name}\\b|{ \\w+ as ${name} })`);
    expect({ name, declared: declared.test(text) }).toEqual({ name, declared: true });
  }
});

describe('what rsnet has besides the members of the built-in', () => {
  const rsnet = require('../..');
  const read = (...names) => fs.readFileSync(path.join(ROOT, ...names), 'utf8');
  const parts = fs.readdirSync(path.join(ROOT, 'types')).map((name) => read('types', name));
  const declarations = [read('index.d.ts'), ...parts].join('\n');
  const api = read('docs', 'api.md');
  const members = ['Socket', 'Server'].flatMap((name) => (
    Object.getOwnPropertyNames(rsnet[name].prototype)
      .filter((member) => !member.startsWith('_') && !(member in builtin[name].prototype))
      .map((member) => [name, member])));

  test.each(members)('%s: the declarations and docs/api.md name %s', (_, member) => {
    expect(declarations).toMatch(new RegExp(`^  (readonly )?${member}\\b`, 'm'));
    // The getter of an option goes without saying there.
    const setter = member.replace(/^get(?=[A-Z])/, 'set');
    const known = setter in rsnet.Socket.prototype ? setter : member;
    expect(api).toMatch(new RegExp(`\\b${known}\\b`));
  });

  test.each(OPTION_NAMES)('the declarations and docs/api.md name the option %s', (option) => {
    expect(declarations).toMatch(new RegExp(`^  ${option}\\?: `, 'm'));
    expect(api).toMatch(new RegExp(`\`${option}\``));
  });
});
