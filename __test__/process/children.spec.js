'use strict';

// Processes that specs and tools start have an environment of their own, whatever jest, npm and the terminal have set.

const { childEnvironment, spawnNode } = require('../helpers');
const { runNode } = require('../package/command');

/** What a terminal, or its user, has jest's workers and programs inherit. */
const SETTINGS = [
  { FORCE_COLOR: '1' }, { FORCE_COLOR: '3', COLORTERM: 'truecolor' }, { NO_COLOR: '1' },
  { FORCE_COLOR: '1', NO_COLOR: '1' }, { NODE_DISABLE_COLORS: '1' }, { NODE_DEBUG: 'net,timer' }, { DEBUG: '*' },
  { NODE_OPTIONS: '--no-such-option' }, { NODE_PENDING_DEPRECATION: '1' }, { CLICOLOR_FORCE: '1' },
];

/** Coloured, or with more lines, if the environment says so. */
const PROGRAM = 'console.log(undefined, [1]); require("net").createServer().listen(0).close();';

/** What it prints. */
const PRINTED = 'undefined [ 1 ]\n';

describe.each(SETTINGS)('with %j', (settings) => {
  const before = { ...process.env };

  beforeEach(() => Object.assign(process.env, settings));
  afterEach(() => {
    for (const name of Object.keys(settings)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  test('a program prints what it always does', async () => {
    const results = await Promise.all([
      spawnNode('net', PROGRAM), runNode(['-e', PROGRAM]),
    ]);
    for (const { code, stderr, stdout } of results) {
      expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: PRINTED });
    }
  });
});

describe('childEnvironment', () => {
  test('adds what it is given, and leaves out what is undefined', () => {
    const wanted = { RSNET_BACKEND: undefined, NODE_OPTIONS: '--trace-uncaught' };
    const { RSNET_BACKEND: backend, ...env } = childEnvironment(wanted);
    expect(backend).toBeUndefined();
    expect(env).toMatchObject({ NODE_OPTIONS: '--trace-uncaught', PATH: process.env.PATH });
    expect(Object.keys(env)).not.toContain('RSNET_BACKEND');
  });
});
