'use strict';

// Each example of these pages is a whole program. It runs as it stands, and prints what its comments say.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Page } = require('../install/page');
const { runNode } = require('./command');
const { ROOT } = require('./project');

/** A line that prints, with what it prints in a comment behind it. */
const PRINTED = /console\.log\(.*\);? *\)?;? \/\/ (.*)$/gm;

let folder;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-documented-'));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(ROOT, path.join(folder, 'node_modules', 'rsnet'));
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.each(['programs.md', 'tuning.md', 'debugging.md'])('%s', (name) => {
  const examples = new Page(name).blocks.filter(({ language }) => language === 'js');

  test.each(examples.map(({ heading, text }) => [heading, text]))('%s', async (_heading, text) => {
    fs.writeFileSync(path.join(folder, 'example.js'), text);
    const { code, stdout, stderr } = await runNode(['-r', 'rsnet/register', 'example.js'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    for (const [, printed] of text.matchAll(PRINTED)) expect(lines).toContain(printed);
  });
});
