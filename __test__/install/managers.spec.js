'use strict';

// rsnet as each package manager installs it from a registry: with the binary of this platform, ready to run.

const { TARGETS, hostId, packageName } = require('../../lib/addon/platform');
const { ECHO, OVER_RSNET } = require('./bundle');
const { Managed, MANAGERS, Published } = require('./managers');

const published = new Published();

beforeAll(() => published.prepare(), 600000);
afterAll(() => published.remove());

describe.each(Object.entries(MANAGERS))('%s', (name, { fetchesAll = false }) => {
  let managed;

  beforeAll(async () => {
    published.registry.forget();
    managed = new Managed(name, published.registry);
    await managed.install();
    managed.write('app.js', `const net = require('rsnet');${ECHO}`);
    managed.write('app.mjs', `import net from 'rsnet';${ECHO}`);
    managed.write('plain.js', `const net = require('net');${ECHO}`);
  }, 180000);
  afterAll(() => managed?.remove());

  test(`fetches rsnet and the ${fetchesAll ? 'binaries of all platforms' : 'binary of this platform'} alone`, () => {
    const { sent, refused } = published.registry;
    const platforms = TARGETS.map(({ id }) => id).filter((id) => fetchesAll || id === hostId());
    expect(sent.sort()).toEqual(['rsnet', ...platforms.map(packageName)].sort());
    expect(refused).toEqual([]);
  });

  test('a program requires it', async () => {
    expect(await managed.run('app.js')).toEqual(OVER_RSNET);
  });

  test('a program imports it', async () => {
    expect(await managed.run('app.mjs')).toEqual(OVER_RSNET);
  });

  test('a program that knows nothing of it is registered', async () => {
    expect(await managed.run('-r', 'rsnet/register', 'plain.js')).toEqual(OVER_RSNET);
  });
});
