'use strict';

// The declarations hold for the programs in __test__/types.

const fs = require('node:fs');
const path = require('node:path');
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
