'use strict';

// Checks of the option `proxyProtocol`, of servers and of connect().

const { isUint8Array } = require('util/types');
const { familyOf, LENGTHS, PATH_LENGTH } = require('./address');
const { textOf } = require('./tlv');
const { COMMANDS, TLV, TRANSPORTS, UNIQUE_ID_MAX, V1_MAX, V2_FIXED } = require('./constants');
const { codes } = require('../../node/errors');
const { validateBoolean, validateInt32, validateObject, validateString } =
  require('../../node/validators');

const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = codes;

const NAME = 'options.proxyProtocol';
const MODES = ['required', 'optional'];

/** The greatest length that version 2 can have. */
const V2_MAX = V2_FIXED + 65535;

/** The addresses of version 2 take at most so many bytes. */
const ADDRESSES_MAX = 2 * PATH_LENGTH;

/** The same without paths: two addresses of IPv6, and two ports. */
const IP_ADDRESSES_MAX = 2 * LENGTHS.IPv6 + 4;

/** What a server does unless it is told otherwise. Times are milliseconds. */
const SERVER_DEFAULTS = { mode: 'required', timeout: 5000, silence: 300, maxLength: 4096, maxWaiting: 1024 };

/**
 * @param {*} value
 * @param {Array} allowed
 * @param {string} name
 * @throws {TypeError}
 */
function validateOneOf(value, allowed, name) {
  if (allowed.includes(value)) return;
  throw new ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${allowed.map((one) => `'${one}'`).join(', ')}`);
}

/**
 * @param {*} value of the option, of a server
 * @returns {object|undefined} settings; undefined if the server reads no header
 * @throws {TypeError|RangeError}
 */
function serverSettings(value) {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return SERVER_DEFAULTS;
  if (typeof value === 'string') {
    validateOneOf(value, MODES, NAME);
    return { ...SERVER_DEFAULTS, mode: value };
  }
  if (typeof value !== 'object') throw new ERR_INVALID_ARG_TYPE(NAME, ['boolean', 'string', 'Object'], value);
  const settings = { ...SERVER_DEFAULTS };
  for (const name of Object.keys(settings)) settings[name] = value[name] ?? settings[name];
  validateOneOf(settings.mode, MODES, `${NAME}.mode`);
  validateInt32(settings.timeout, `${NAME}.timeout`, 1);
  validateInt32(settings.silence, `${NAME}.silence`, 1);
  validateInt32(settings.maxLength, `${NAME}.maxLength`, V1_MAX, V2_MAX);
  validateInt32(settings.maxWaiting, `${NAME}.maxWaiting`, 1);
  return settings;
}

/**
 * @param {*} end
 * @param {string} name
 * @returns {object|undefined} a copy
 * @throws {TypeError|RangeError}
 */
function checkedEnd(end, name) {
  if (end === undefined || end === null) return undefined;
  validateObject(end, name);
  const { address, path, port } = end;
  if (path !== undefined) {
    validateString(path, `${name}.path`);
    if (Buffer.byteLength(path) <= PATH_LENGTH) return { path };
    throw new ERR_INVALID_ARG_VALUE(`${name}.path`, path, `must have at most ${PATH_LENGTH} bytes`);
  }
  validateString(address, `${name}.address`);
  if (familyOf(address) === undefined) throw new codes.ERR_INVALID_IP_ADDRESS(address);
  validateInt32(port, `${name}.port`, 0, 65535);
  return { address, port };
}

/**
 * @param {*} value
 * @param {string} name
 * @returns {Buffer} a copy
 * @throws {TypeError}
 */
function checkedValue(value, name) {
  if (typeof value !== 'string' && !isUint8Array(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'Uint8Array'], value);
  }
  return Buffer.from(value);
}

/**
 * @param {Options} value of the option
 * @returns {Map<number, Buffer>} its TLVs, those that have a name among them
 * @throws {TypeError|RangeError}
 */
function checkedTlvs({ tlvs = [], alpn, authority, uniqueId, netns }) {
  if (typeof tlvs?.[Symbol.iterator] !== 'function') throw new ERR_INVALID_ARG_TYPE(`${NAME}.tlvs`, 'Map', tlvs);
  const checked = new Map();
  for (const [type, value] of tlvs) {
    validateInt32(type, `${NAME}.tlvs type`, 0, 255);
    checked.set(type, checkedValue(value, `${NAME}.tlvs value`));
  }
  for (const [name, type, value] of [
    ['alpn', TLV.ALPN, alpn], ['authority', TLV.AUTHORITY, authority], ['uniqueId', TLV.UNIQUE_ID, uniqueId],
    ['netns', TLV.NETNS, netns],
  ]) {
    if (value === undefined) continue;
    const given = checkedValue(value, `${NAME}.${name}`);
    // A header that was received is sent on to the byte, also where its text is no valid one.
    const isSame = typeof value === 'string' && checked.has(type) && textOf(name, checked.get(type)) === value;
    if (!isSame) checked.set(type, given);
  }
  if (checked.get(TLV.UNIQUE_ID)?.length > UNIQUE_ID_MAX) {
    throw new ERR_INVALID_ARG_VALUE(`${NAME}.uniqueId`, uniqueId, `must have at most ${UNIQUE_ID_MAX} bytes`);
  }
  return checked;
}

/**
 * @param {*} value of the option, of connect()
 * @returns {object} settings
 * @throws {TypeError|RangeError}
 */
function clientSettings(value) {
  if (value !== true && typeof value !== 'object') throw new ERR_INVALID_ARG_TYPE(NAME, ['boolean', 'Object'], value);
  const { version = 2, command = 'PROXY', family, transport = 'STREAM', source, destination } = value;
  validateOneOf(version, [1, 2], `${NAME}.version`);
  validateOneOf(command, COMMANDS, `${NAME}.command`);
  // A header that was received may be sent on, whatever its family was.
  validateOneOf(transport, TRANSPORTS, `${NAME}.transport`);
  const tlvs = checkedTlvs(value);
  const hadChecksum = tlvs.delete(TLV.CRC32C);
  const { crc32c = hadChecksum } = value;
  validateBoolean(crc32c, `${NAME}.crc32c`);
  const hasPaths = family === 'UNIX' || source?.path !== undefined || destination?.path !== undefined;
  let room = V2_MAX - V2_FIXED - (hasPaths ? ADDRESSES_MAX : IP_ADDRESSES_MAX) - (crc32c ? 7 : 0);
  for (const one of tlvs.values()) room -= 3 + one.length;
  if (room < 0) throw new ERR_INVALID_ARG_VALUE(`${NAME}.tlvs`, value.tlvs, 'must fit into a header');
  return {
    version, command, family, crc32c,
    transport: transport === 'UNSPEC' ? 'STREAM' : transport,
    source: checkedEnd(source, `${NAME}.source`),
    destination: checkedEnd(destination, `${NAME}.destination`),
    tlvs: [...tlvs],
  };
}

module.exports = { clientSettings, serverSettings };
