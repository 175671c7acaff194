'use strict';

// Programs that move much data. How the kernel cuts it and when a write waits is not the program's doing, so only what
// is lasting is compared: all bytes, their order, and how each side ends.

const FORMS = [[6, 'buffer'], [3, 'utf8'], [1, 'latin1'], [1, 'hex'], [1, 'ucs2'], [1, 'wide'], [1, 'base64']];

const SIZES = [[1, 1], [2, 1000], [3, 20000], [3, 65536], [2, 200000], [1, 1000000]];

/**
 * @param {import('./random').Random} random
 * @returns {any[][]} writes of one tick
 */
function writes(random) {
  const ops = [];
  const corked = random.chance(0.3);
  if (corked) ops.push(['cork']);
  const count = random.weighted([[4, 1], [2, 3], [1, 12]]);
  for (let number = 0; number < count; number++) {
    ops.push(['write', random.weighted(SIZES), random.weighted(FORMS), random.chance(0.5)]);
  }
  if (corked) ops.push(['uncork']);
  return ops;
}

/**
 * @param {import('./random').Random} random
 * @returns {object}
 */
function generateBulk(random) {
  const transport = random.weighted([[4, 'tcp4'], [1, 'tcp6'], [4, 'unix'], [1, 'abstract']]);
  const options = { allowHalfOpen: random.chance(0.6) };
  if (random.chance(0.2)) options.highWaterMark = random.pick([100, 4096, 200000]);
  const accepted = { reader: random.pick(['data', 'readable', 'iterate']) };
  const client = { reader: random.pick(['data', 'readable', 'iterate']), options: {} };
  if (random.chance(0.6)) client.options.allowHalfOpen = true;
  if (random.chance(0.3)) Object.assign(accepted, { reader: 'data', echo: true });
  if (random.chance(0.2)) {
    client.reader = 'none';
    client.onread = { size: random.pick([4096, 65536, 300000]), fresh: random.chance(0.5), stopAfter: 1e9 };
  }
  const steps = [{ on: 'c0', ops: [['connect', 'options', {}]] }];
  if (random.chance(0.5)) steps[0].ops.push(...writes(random));
  const count = random.between(1, 6);
  for (let number = 0; number < count; number++) {
    const on = accepted.echo ? 'c0' : random.pick(['c0', 's0']);
    steps.push(random.weighted([
      [5, () => ({ on, ops: writes(random) })],
      [1, () => ({ on: random.pick(['c0', 's0']), ops: [['pause']] })],
      [1, () => ({ on: random.pick(['c0', 's0']), ops: [['resume']] })],
    ])());
  }
  steps.push({ on: 'c0', ops: [['resume']] }, { on: 's0', ops: [['resume']] });
  const abrupt = random.chance(0.25);
  if (abrupt) {
    steps.push({ on: random.pick(['c0', 's0']), ops: [[random.pick(['pause', 'resume'])]] });
    steps.push({ on: random.pick(['c0', 's0']), ops: writes(random) });
    steps.push({ on: random.pick(['c0', 's0']), ops: [random.pick([['destroy'], ['reset'], ['destroySoon']])] });
  }
  steps.push({ on: 'c0', ops: [['end', 0, 'buffer', true]] }, { on: 's0', ops: [['end', 0, 'buffer', true]] });
  return {
    bulk: true, abrupt, transport, server: { options, listen: ['listen', 'options', {}] }, accepted: [accepted],
    clients: [client], steps,
  };
}

module.exports = { generateBulk };
