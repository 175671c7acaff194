'use strict';

const { nodeMajor, only } = require('./implementations');
const { REGISTER } = require('./registered');
const { spawnNode } = require('./spawn');

const ALWAYS = [
  nodeMajor >= 22 ? '--permission' : '--experimental-permission',
  '--allow-addons', '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings',
];

/** Whether the host has the network scope: it has an option for it then. */
const hasNetScope = process.allowedNodeEnvironmentFlags.has('--allow-net');

/** What makes the network free, where it would not be. */
const ALLOW_NET = hasNetScope ? ['--allow-net'] : [];

/** How rsnet comes into a program: `[name, implementation, flags]`. */
const ownWays = only === 'builtin' ? [] : [['required', 'rsnet', []], ['registered', 'net', ['-r', REGISTER]]];

/** The same with the built-in. */
const ways = only === 'rsnet' ? ownWays : [['built-in', 'net', []], ...ownWays];

/**
 * Runs a program under the permission model.
 *
 * @param {string[]} way of `ways`
 * @param {string[]} permissions flags, beside those for addons and files
 * @param {Function} body without closure, called with `tell(...values)` and `args`; errors are told with their fields
 * @param {any[]} [args]
 * @returns {Promise<any[]>} what was told
 */
async function permitted([, implementation, flags], permissions, body, args = []) {
  const code = `
    const told = [];
    const plain = (value) => (value instanceof Error
      ? { name: value.name, message: value.message, ...value } : value);
    const tell = (...values) => told.push(values);
    process.on('exit', () => require('fs').writeSync(1, JSON.stringify(told, (key, value) => plain(value))));
    (${body})(tell, ...${JSON.stringify(args)});`;
  const { stdout, ...end } = await spawnNode(implementation, code, { flags: [...ALWAYS, ...permissions, ...flags] });
  expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
  return JSON.parse(stdout);
}

/**
 * A program that tells the same with rsnet as with the built-in.
 *
 * @param {string} title
 * @param {string[]} permissions as for `permitted`
 * @param {Function} body as for `permitted`
 * @param {object} [options]
 * @param {function(): any[]} [options.args] what `body` gets
 * @param {function(any[]): void} [options.check] what must be true of the built-in's
 */
function sameUnderPermission(title, permissions, body, { args = () => [], check } = {}) {
  describe(title, () => {
    let given;
    let expected;

    beforeAll(async () => {
      given = args();
      expected = await permitted(['built-in', 'net', []], permissions, body, given);
    });

    test('the built-in', () => {
      if (check) check(expected);
      expect(expected.length).toBeGreaterThan(0);
    });

    if (ownWays.length > 0) {
      test.each(ownWays)('%s, the same', async (...way) => {
        expect(await permitted(way, permissions, body, given)).toEqual(expected);
      });
    }
  });
}

module.exports = { ALLOW_NET, hasNetScope, ownWays, permitted, sameUnderPermission, ways };
