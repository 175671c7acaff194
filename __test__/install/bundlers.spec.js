'use strict';

// What docs/bundlers.md says, as it stands there: each bundle is made, moved to where it finds nothing else, and run.

const fs = require('node:fs');
const path = require('node:path');
const { Bundling, OVER_RSNET } = require('./bundle');
const { Page } = require('./page');

const OUTSIDE = 'Leave rsnet outside';
const INSIDE = 'Put rsnet inside';

const page = new Page('bundlers.md');
const bundling = new Bundling();

beforeAll(() => bundling.prepare(), 600000);
afterAll(() => bundling.remove());
beforeEach(() => bundling.begin());
afterEach(() => bundling.end());

/**
 * Run webpack with a configuration of the page, and expect that it has nothing to complain of.
 *
 * @param {string} heading above the configuration
 */
async function webpack(heading) {
  bundling.project.write('webpack.config.js', page.file(heading, 'webpack.config.js'));
  bundling.project.write('run-webpack.js', `require('webpack')(require('./webpack.config.js'), (error, stats) => {
    if (error) throw error;
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    console.log(JSON.stringify([...errors, ...warnings].map(({ message }) => message)));
  });`);
  expect(await bundling.run(['node', 'run-webpack.js'])).toBe('[]\n');
}

/**
 * Run Rollup with a configuration of the page. A warning is an error.
 *
 * @param {string} heading above the configuration
 */
async function rollup(heading) {
  bundling.project.write('rollup.config.mjs', page.file(heading, 'rollup.config.mjs'));
  await bundling.run(['npx', 'rollup', '-c', 'rollup.config.mjs', '--failAfterWarnings']);
}

/**
 * Move the bundle away, and run it.
 *
 * @param {...string} args of node
 */
async function expectEcho(...args) {
  bundling.moveAway();
  expect(await bundling.runAway(args)).toEqual(OVER_RSNET);
}

describe('rsnet outside', () => {
  test.each([
    ['CommonJS', 'npx esbuild app.js', 'app.js'],
    ['ES modules', 'npx esbuild app.mjs', 'app.mjs'],
  ])('esbuild, %s', async (_kind, command, file) => {
    await bundling.run(page.command(OUTSIDE, command));
    bundling.shipPackages();
    await expectEcho(file);
  }, 120000);

  test('webpack', async () => {
    await webpack(OUTSIDE);
    bundling.shipPackages();
    await expectEcho('app.js');
  }, 120000);

  test('Rollup', async () => {
    await rollup(OUTSIDE);
    bundling.shipPackages();
    await expectEcho('app.mjs');
  }, 120000);
});

describe('rsnet inside, its binary beside the bundle', () => {
  test('esbuild', async () => {
    expect(await bundling.run(page.command(INSIDE, 'npx esbuild'))).not.toMatch(/warning/i);
    await expectEcho('app.js');
  }, 120000);

  test('webpack', async () => {
    await webpack(INSIDE);
    bundling.shipBinary();
    await expectEcho('app.js');
  }, 120000);

  test('Rollup', async () => {
    await rollup(INSIDE);
    bundling.shipBinary();
    await expectEcho('app.cjs');
  }, 120000);

  test('without the binary the bundle says what it lacks', async () => {
    await webpack(INSIDE);
    bundling.moveAway();
    const { code, stderr } = await bundling.runAway(['app.js']);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_RSNET_NO_BINARY');
  }, 120000);
});

test('registered under a bundle that knows nothing of rsnet', async () => {
  await bundling.run(['npx', 'esbuild', 'plain.js', '--bundle', '--platform=node', '--outfile=out/app.js']);
  bundling.shipPackages();
  await expectEcho('-r', 'rsnet/register', 'app.js');
}, 120000);

test('the files that @vercel/nft lists', async () => {
  bundling.project.write('trace.js', page.file('Collect the files of a program', 'trace.js'));
  const files = (await bundling.run(['node', 'trace.js'])).trim().split('\n');
  for (const file of files) bundling.ship(file, `out/${file}`);
  expect(files.filter((file) => file.endsWith('.node'))).toHaveLength(1);
  await expectEcho('app.js');
}, 120000);

describe('a single executable', () => {
  const HEADING = 'One executable file';

  test('with the binary beside it', async () => {
    const { app } = bundling.project;
    await bundling.run(page.command(INSIDE, 'npx esbuild'));
    const { text } = page.find(HEADING, ({ language }) => language === 'json');
    bundling.project.write('sea-config.json', text);
    await bundling.run(page.command(HEADING, 'node --experimental-sea-config'));
    fs.copyFileSync(process.execPath, path.join(app, 'out', 'app'));
    await bundling.run(page.command(HEADING, 'npx postject'));
    for (const name of ['app.js', 'app.blob']) fs.rmSync(path.join(app, 'out', name));
    bundling.moveAway();
    expect(await bundling.runAway([], path.join(bundling.away, 'app'))).toEqual(OVER_RSNET);
  }, 240000);
});
