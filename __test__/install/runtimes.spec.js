'use strict';

// rsnet on Bun and on Deno, as docs/platforms.md says. What cannot be put on rsnet stays the host's own `net`, and one
// warning says so.

const fs = require('node:fs');
const path = require('node:path');
const { hasRuntimes, runtime } = require('../../tools/runtimes/install');
const { Published, RUNTIME_MANAGERS, describeManagers } = require('./managers');
const { Page } = require('./page');
const { Running } = require('./runtimes');

const HEADING = 'Bun and Deno';
const UNAVAILABLE = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';

const bun = `Bun ${runtime('bun').version}`;
const deno = `Deno ${runtime('deno').version}`;

const page = new Page('platforms.md');
const running = new Running();

/** Each runtime: how it runs a program, which engine rsnet has there, and the warnings. */
const RUNTIMES = [
  {
    id: 'bun',
    title: bun,
    run: [],
    engine: 'node',
    warnings: [`[RSNET_HOST] Warning: rsnet's engine does not run on ${bun}. The host's own net is used instead.`],
    refused: [`[RSNET_HOST] Warning: rsnet's engine does not run on ${bun}. The host's own net is used instead.`],
    unavailable: ['boundSocket', 'info', 'pause', 'proxyProtocol', 'stats', 'userTimeout'],
  },
  {
    id: 'deno',
    title: deno,
    run: ['run', '-A'],
    engine: 'rsnet',
    warnings: [],
    refused: [`[RSNET_HOST] Warning: rsnet/register cannot put the modules of ${deno} on rsnet; require('rsnet') ` +
      'works. The host\'s own net is used instead.'],
    unavailable: [],
  },
];

const published = new Published();

/** A runtime for another C library than Node's has no binary of rsnet in what npm installs for Node. */
const describeRuntimes = hasRuntimes() ? describe : describe.skip;

beforeAll(async () => {
  await running.prepare();
  await published.prepare(running.project);
}, 600000);

afterAll(async () => {
  await published.end();
  running.remove();
});

describeRuntimes.each(RUNTIMES)('$title', ({ id, title, run, engine, warnings, refused, unavailable }) => {
  /** How a program ends that did its work. */
  const ended = (stdout, warned = warnings) => ({ code: 0, signal: null, stdout, warnings: warned });

  /**
   * Run a program of the project.
   *
   * @param {string[]} args
   * @param {object} [env]
   * @returns {Promise<object>} how it ended, without stderr
   */
  async function result(args, env) {
    const { stderr: _stderr, ...rest } = await running.run(id, args, env);
    return rest;
  }

  test('is the version that the pages name', async () => {
    const { stdout } = await running.run(id, ['--version']);
    expect(`${title.split(' ')[0]} ${stdout.match(/\d+\.\d+\.\d+/)[0]}`).toBe(title);
    for (const name of ['docs/platforms.md', 'README.md']) {
      expect(fs.readFileSync(path.join(__dirname, '..', '..', name), 'utf8')).toContain(title);
    }
  });

  test.each([
    ['required', 'direct.cjs'],
    ['imported', 'direct.mjs'],
    ['over a Unix-domain socket', 'unix.cjs'],
  ])('an echo, %s', async (_how, file) => {
    expect(await result([...run, file])).toEqual(ended(`echo over ${engine}\n`));
  });

  test.each(['uv', 'tokio'])('an echo, RSNET_BACKEND=%s', async (RSNET_BACKEND) => {
    expect(await result([...run, 'direct.cjs'], { RSNET_BACKEND })).toEqual(ended(`echo over ${engine}\n`));
  });

  test('each use has the outcome that it has on Node, or is refused by its code', async () => {
    const { stdout } = await running.run('node', ['outcomes.js']);
    const expected = stdout.trim().split('\n').map((line) => {
      const [[name, outcome]] = Object.entries(JSON.parse(line));
      return JSON.stringify({ [name]: unavailable.includes(name) ? UNAVAILABLE : outcome });
    });
    expect(expected.length).toBeGreaterThan(20);
    expect(await result([...run, 'outcomes.js'])).toEqual(ended(`${expected.join('\n')}\n`));
  }, 60000);

  describe('rsnet/register, by the command of the page', () => {
    const [, ...command] = page.command(HEADING, `${id} `);

    test('net stays the host\'s own, with one warning', async () => {
      expect(await result(command)).toEqual(ended('echo over node\n', refused));
    });

    test('so does http', async () => {
      expect(await result([...command.slice(0, -1), 'web.cjs'])).toEqual(ended('web over node\n', refused));
    });

    test('RSNET_STRICT=1 makes an error of the warning', async () => {
      const { code, stdout, stderr } = await running.run(id, command, { RSNET_STRICT: '1' });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(refused[0].match(/Warning: (.*?)(;|\. The)/)[1]);
    });

    test('RSNET_DEBUG=1 says which net runs', async () => {
      const { code, stdout, stderr } = await running.run(id, command, { RSNET_DEBUG: '1' });
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'echo over node\n' });
      expect(stderr).toMatch(/^rsnet \S+: cannot run, the host's own net/m);
    });

    test('RSNET_DISABLE=1 leaves all as it was', async () => {
      expect(await result(command, { RSNET_DISABLE: '1' })).toEqual(ended('echo over undefined\n', []));
    });
  });

  describe('examples', () => {
    test.each([
      ['send-file.js', /^GET \/package\.json 200 \d+ \nHEAD \/package\.json 200 0 \nGET .* 206 10 bytes 0-9\/\d+\nGET/],
      ['promises.mjs', /^hello by promises\n$/],
      ['relay.js', /^(hello through a proxy\n|21 bytes there, 21 back\n){2}$/],
      ['transfer.js', /^All 8 transfers arrived complete/m, 'outcomes.js'],
    ])('%s', async (name, text, ...args) => {
      expect(await result([...run, `examples/${name}`, ...args])).toEqual(ended(expect.stringMatching(text)));
    });

    test.each([
      ['metrics.js', 'stats', /^rsnet_connected_total 1\n/m],
      ['proxy-protocol.js', 'proxyProtocol', /^You are 127\.0\.0\.1:.*\nRefused/m],
    ])('%s', async (name, feature, text) => {
      const { code, stdout, stderr } = await running.run(id, [...run, `examples/${name}`]);
      if (unavailable.includes(feature)) expect(stderr).toContain(`The feature ${feature} is unavailable`);
      else expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(text) });
    });
  });
});

describeRuntimes('permissions of Deno', () => {
  /** The warning where `--allow-ffi` is missing. */
  const denied = expect.stringMatching(new RegExp('^\\[RSNET_NO_BINARY\\] Warning: rsnet is a native addon, and Deno ' +
    'does not let this process load it: Requires ffi access to .*\\. The host\'s own net is used instead\\.$'));

  test.each([
    ['--allow-ffi is enough for the engine', ['--allow-ffi'], 'rsnet', []],
    ['the host\'s own net runs without it', ['--allow-net'], 'node', [denied]],
    ['so it does with others', ['--allow-net', '--allow-env', '--allow-read', '--allow-sys'], 'node', [denied]],
  ])('%s', async (_title, flags, engine, warnings) => {
    const { stderr: _stderr, ...rest } = await running.run('deno', ['run', '--no-prompt', ...flags, 'direct.cjs']);
    expect(rest).toEqual({ code: 0, signal: null, stdout: `echo over ${engine}\n`, warnings });
  });

  test('rsnet/register needs none', async () => {
    const args = ['run', '--no-prompt', '--allow-net', '--preload', './node_modules/rsnet/register.js', 'app.cjs'];
    const { stderr: _stderr, ...rest } = await running.run('deno', args);
    expect(rest).toEqual({ code: 0, signal: null, stdout: 'echo over node\n', warnings: [denied] });
  });
});

describeRuntimes('as package managers', () => describeManagers(RUNTIME_MANAGERS, published));
