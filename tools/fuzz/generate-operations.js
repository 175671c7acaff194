'use strict';

// Random operations, as socket-operations.js and server-operations.js perform them. Most of them make sense where
// they stand; some are meant to be wrong.

/** Forms in which data is written; see makeData. */
const FORMS = [
  [6, 'buffer'], [4, 'utf8'], [2, 'latin1'], [1, 'ascii'], [1, 'hex'], [1, 'base64'], [1, 'base64url'], [1, 'ucs2'],
  [1, 'uint8array'], [1, 'uint16array'], [1, 'dataview'], [1, 'wide'],
];

const SIZES = [[1, 0], [3, 1], [3, 7], [3, 64], [3, 500], [3, 1000], [2, 2000]];

const DECODERS = ['utf8', 'latin1', 'hex', 'base64', 'ucs2', 'ascii'];

/**
 * @param {import('./random').Random} random
 * @returns {any[]} a write
 */
function write(random) {
  return ['write', random.weighted(SIZES), random.weighted(FORMS), random.chance(0.4)];
}

/**
 * @param {import('./random').Random} random
 * @returns {any[]} an end, with data or without
 */
function end(random) {
  return ['end', random.chance(0.6) ? 0 : random.weighted(SIZES), random.weighted(FORMS), random.chance(0.4)];
}

/** Calls with arguments that are not what they should be. */
const ODD_CALLS = [
  (random) => ['writeOdd', random.pick([
    'null', 'undefined', 'number', 'true', 'object', 'array', 'function', 'symbol',
  ])],
  (random) => ['writeEncoding', random.pick(['no-such', 'UTF8', 'binary', 'utf-16le', ''])],
  (random) => ['endOdd', random.pick(['null', 'undefined', 'number', 'true', 'object', 'array', 'function'])],
  (random) => ['timeoutOdd', random.pick([
    'negative', 'nan', 'infinite', 'null', 'undefined', 'text', 'object', 'bigint',
  ])],
  (random) => ['timeoutOddCallback', random.pick(['number', 'null', 'object', 'text', 'true'])],
  (random) => ['connectOdd', random.pick([
    'object', 'undefined', 'null', 'true', 'array', 'function', 'fraction',
  ])],
  (random) => ['connectOddPort', random.pick([
    'negative', 'fraction', 'nan', 'text', 'object', 'large', 'true', 'null',
  ])],
  (random) => ['connectOddOption', random.pick(['host', 'localAddress', 'localPort', 'lookup', 'family', 'hints',
    'autoSelectFamily', 'autoSelectFamilyAttemptTimeout', 'path', 'noDelay', 'keepAlive', 'onread', 'signal']),
  random.pick(['number', 'true', 'object', 'text', 'null', 'negative', 'fraction', 'function', 'empty'])],
  (random) => ['defaultEncoding', random.pick(['no-such', 'hex', 'latin1', 'utf8', 'utf8', 'base64'])],
  (random) => ['encoding', random.pick(['no-such', 'utf8'])],
  (random) => ['keepAlive', random.pick(['yes', 5, null, true]), random.pick([-1, 'soon', 1.5, 1000])],
  (random) => ['noDelay', random.pick(['yes', 0, null])],
  (random) => ['readOdd', random.pick(['nan', 'text', 'negative', 'fraction', 'large', 'null'])],
  (random) => ['unshift', random.pick([0, 1, 50])],
];

/** Calls of the handle that programs are known to make. */
const HANDLE_CALLS = ['getsockname', 'getpeername', 'hasRef', 'setNoDelay', 'fd'];

/** Where nothing answers; no port above 1 is used, so that no other program's server is met. */
const NOWHERE = [
  { host: '127.0.0.1', port: 1 }, { host: '::1', port: 1 }, { path: 'missing' }, { host: '127.0.0.1', port: 70000 },
  { host: '127.0.0.1', port: 1, localAddress: '127.0.0.1' }, { host: '127.0.0.1', port: 1, family: 6 }, { port: 1 },
  { host: '127.0.0.1', port: 1, localAddress: '192.0.2.1' }, {}, { host: '127.0.0.1' },
];

/**
 * @param {import('./random').Random} random
 * @param {string} transport see generate.js
 * @returns {any[]} a connect to the program's server
 */
function connect(random, transport) {
  const form = random.weighted([[3, 'options'], [2, 'positional'], [1, 'silent']]);
  const extra = {};
  if (random.chance(0.15)) extra.noDelay = true;
  if (random.chance(0.15)) extra.keepAlive = true;
  if (random.chance(0.1)) extra.keepAliveInitialDelay = 5000;
  if (transport === 'tcp4' && form !== 'positional') {
    if (random.chance(0.3)) {
      extra.host = 'name.invalid';
      extra.lookup = random.weighted([
        [4, 'one'], [2, 'sync'], [3, 'both'], [1, 'fails'], [1, 'badFamily'], [1, 'badAddress'],
      ]);
      if (random.chance(0.4)) extra.autoSelectFamily = random.chance(0.6);
    }
    if (random.chance(0.1)) extra.family = random.pick([0, 4]);
    if (random.chance(0.1)) extra.localAddress = '127.0.0.1';
  }
  return ['connect', form, extra];
}

/**
 * One thing to do with a socket: mostly one operation, sometimes some that belong together.
 *
 * @param {import('./random').Random} random
 * @param {{transport: string}} program
 * @returns {any[][]}
 */
function socketOperation(random, { transport }) {
  return random.weighted([
    [14, () => [write(random)]],
    [3, () => [['cork'], write(random), write(random), ['uncork']]],
    [1, () => [['cork'], write(random)]],
    [1, () => [write(random), write(random), ['writeRaw', random.pick([1, 10, 300])], write(random)]],
    [1, () => [write(random), write(random), ['block']]],
    [1, () => [['uncork']]],
    [5, () => [end(random)]],
    [3, () => [['destroy', random.chance(0.4)]]],
    [1, () => [['destroySoon']]],
    [2, () => [['reset']]],
    [3, () => [['pause']]],
    [4, () => [['resume']]],
    [3, () => [random.chance(0.5) ? ['read'] : ['read', random.pick([0, 1, 3, 50, 1000, -1])]]],
    [1, () => [['encoding', random.pick(DECODERS)]]],
    [1, () => [['timeout', random.pick([0, 1e6, 2 ** 31, 4e9]), random.chance(0.5)]]],
    [2, () => [['shortTimeout']]],
    [1, () => [['noDelay', ...random.pick([[], [true], [false]])]]],
    [1, () => [['keepAlive', ...random.pick([[], [true], [false], [true, 1000], [true, 500], [true, 0]])]]],
    [1, () => [[random.pick(['ref', 'unref'])]]],
    [1, () => [['address']]],
    [1, () => [['listenForData']]],
    [1, () => [['removeDataListeners']]],
    [1, () => [['abort']]],
    [1, () => [['dispose']]],
    [1, () => [['halfOpen', random.chance(0.5)]]],
    [1, () => [['pipe', random.pick(['fast', 'slow', 'small'])]]],
    [0.5, () => [['unpipe']]],
    [0.5, () => [['once', random.pick(['data', 'end', 'readable', 'drain', 'close'])]]],
    [0.5, () => [['handleCall', random.pick(HANDLE_CALLS)]]],
    [1, () => [connect(random, transport)]],
    [1, () => [['connectTo', random.pick(NOWHERE)]]],
    [3, () => [random.pick(ODD_CALLS)(random)]],
  ])();
}

/**
 * One thing to do with the server.
 *
 * @param {import('./random').Random} random
 * @returns {any[][]}
 */
function serverOperation(random) {
  return random.weighted([
    [3, () => [['close', random.chance(0.5)]]],
    [2, () => [['connections']]],
    [1, () => [['address']]],
    [2, () => [['maxConnections', random.pick([0, 1, 2])]]],
    [1, () => [['maxConnectionsOdd', random.pick(['negative', 'nan', 'text', 'null', 'infinite', 'undefined'])]]],
    [1, () => [['dispose']]],
    [1, () => [['closeOdd', random.pick(['null', 'number', 'text', 'object'])]]],
    [1, () => [['connectionsOdd', random.pick(['undefined', 'number', 'text'])]]],
    [1, () => [[random.pick(['ref', 'unref'])]]],
    [1, () => [['listen', random.pick(['options', 'positional', 'callback'])]]],
    [1, () => [['clash']]],
    [1, () => [['nowhere']]],
    [1, () => [['abort']]],
    [1, () => [['listenOdd', random.pick(['negative', 'fraction', 'infinite', 'object', 'true', 'large'])]]],
    [1, () => [['listenOddPort', random.pick([
      'negative', 'fraction', 'nan', 'infinite', 'true', 'object', 'text', 'large',
    ])]]],
  ])();
}

module.exports = { connect, end, serverOperation, socketOperation, write };
