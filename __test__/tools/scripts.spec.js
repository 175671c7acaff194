'use strict';

// Each npm script says what it takes, and tells in words what it does not take.

const { spawnSync } = require('child_process');
const path = require('path');
const { root } = require('../helpers');
const { runNode } = require('../package/command');
const { scripts } = require('../../package.json');

/** What npm runs by itself. */
const HOOKS = ['prepublishOnly'];

const NAMES = Object.keys(scripts).filter((name) => !HOOKS.includes(name));

/** Scripts that hand what they do not know to another program. */
const HANDING = ['test', 'lint', 'typecheck'];

/**
 * @param {string} name of a script
 * @param {...string} args
 * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string}>} how it ended
 */
function runScript(name, ...args) {
  const [program, file, ...given] = scripts[name].split(' ');
  expect(program).toBe('node');
  return runNode([path.join(root, file), ...given, ...args], { cwd: root, limit: 20000 });
}

test.each(NAMES)('%s --help prints how it is called, and does nothing', async (name) => {
  const { code, signal, stdout, stderr } = await runScript(name, '--help');
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(stdout).toContain(`npm ${name === 'start' || name === 'test' ? name : `run ${name}`} -- `);
  expect(stdout).toMatch(/^ +--help/m);
});

test.each(NAMES.filter((name) => !HANDING.includes(name)))('%s tells of a wrong option in words', async (name) => {
  const { code, stdout, stderr } = await runScript(name, '--no-such-option');
  expect(code).toBeGreaterThan(0);
  expect(stdout).toBe('');
  expect(stderr).toContain('--no-such-option');
  expect(stderr).not.toMatch(/\n +at /);
});

test('the folder of the repository, which lacks the packages with the binaries, is not published', () => {
  const { status, stderr } = spawnSync('sh', ['-c', scripts.prepublishOnly], { encoding: 'utf8', timeout: 20000 });
  expect(status).toBe(1);
  expect(stderr).toContain('npm run pack');
});
