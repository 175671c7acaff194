'use strict';

// Writes the header of the PROXY protocol.

const { addressBytes, canonical, familyOf, pathBytes } = require('./address');
const { COMMANDS, FAMILIES, TLV, TRANSPORTS, V2_FIXED, V2_SIGNATURE } = require('./constants');
const { crc32c } = require('./crc32c');
const { tlvBytes } = require('./tlv');

/** The version, in the byte that also has the command. */
const VERSION = 0x20;

/**
 * @param {{address?: string, path?: string}|undefined} end
 * @returns {string} its family
 */
function familyOfEnd(end) {
  if (end?.path !== undefined) return 'UNIX';
  return familyOf(end?.address) ?? 'UNSPEC';
}

/**
 * @param {Options} source
 * @param {Options} destination
 * @returns {string} the family that can say both; IPv6 if only one of them is IPv4
 */
function commonFamily(source, destination) {
  const from = familyOfEnd(source);
  const to = familyOfEnd(destination);
  if (from === to) return from;
  return [from, to].every((family) => family === 'IPv4' || family === 'IPv6') ? 'IPv6' : 'UNSPEC';
}

/**
 * @param {string} address
 * @param {string} family
 * @returns {string} as version 1 has it
 */
function addressText(address, family) {
  return canonical(family === 'IPv6' && familyOf(address) === 'IPv4' ? `::ffff:${address}` : address);
}

/**
 * @param {string} family
 * @param {Options} source
 * @param {Options} destination
 * @returns {Buffer} a header of version 1
 */
function lineOf(family, source, destination) {
  if (family !== 'IPv4' && family !== 'IPv6') return Buffer.from('PROXY UNKNOWN\r\n');
  const [from, to] = [source, destination].map(({ address }) => addressText(address, family));
  return Buffer.from(`PROXY TCP${family.at(-1)} ${from} ${to} ${source.port} ${destination.port}\r\n`);
}

/**
 * @param {string} family
 * @param {Options} source
 * @param {Options} destination
 * @returns {Buffer} the addresses of version 2
 */
function addressBlock(family, source, destination) {
  if (family === 'UNSPEC') return Buffer.alloc(0);
  if (family === 'UNIX') return Buffer.concat([pathBytes(source.path), pathBytes(destination.path)]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  return Buffer.concat([addressBytes(source.address, family), addressBytes(destination.address, family), ports]);
}

/**
 * @param {Options} settings
 * @param {string} family
 * @param {Options} source
 * @param {Options} destination
 * @returns {Buffer} a header of version 2
 */
function binaryOf({ command, transport, tlvs, crc32c: hasChecksum }, family, source, destination) {
  const isLocal = command === 'LOCAL';
  const fixed = Buffer.alloc(V2_FIXED);
  V2_SIGNATURE.copy(fixed);
  fixed[12] = VERSION | COMMANDS.indexOf(command);
  if (family !== 'UNSPEC') fixed[13] = FAMILIES.indexOf(family) << 4 | TRANSPORTS.indexOf(transport);
  const values = isLocal ? [] : tlvs.map(([type, value]) => tlvBytes(type, value));
  if (hasChecksum && !isLocal) values.push(tlvBytes(TLV.CRC32C, Buffer.alloc(4)));
  const header = Buffer.concat([fixed, addressBlock(family, source, destination), ...values]);
  header.writeUInt16BE(header.length - V2_FIXED, 14);
  if (hasChecksum && !isLocal) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

/**
 * @param {Options} settings as `clientSettings` gives them
 * @param {{source?: Options, destination?: Options}} own ends of the connection, for what the settings leave open
 * @returns {Buffer}
 */
function buildHeader(settings, own) {
  const source = settings.source ?? own.source;
  const destination = settings.destination ?? own.destination;
  const isBare = settings.command === 'LOCAL' || settings.family === 'UNSPEC';
  const family = isBare ? 'UNSPEC' : commonFamily(source, destination);
  return settings.version === 1
    ? lineOf(family, source, destination)
    : binaryOf(settings, family, source, destination);
}

module.exports = { buildHeader };
