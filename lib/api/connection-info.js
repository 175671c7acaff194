'use strict';

// What the kernel knows of a connection: `info()`, `peerCredentials()`, `originalDestination()` and `isMptcp`.

const { codes } = require('../node/errors');
const { builtin } = require('../node/builtin');
const { UV_EBADF, UV_ENOENT } = require('../node/errno');
const { isTcp } = require('../handle/handed-over');
const { errorOf } = require('./kernel-options');

/** The states of TCP, as linux/tcp_states.h numbers them. */
const STATES = [
  undefined, 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT',
  'LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV',
];

/** Bit of `tcpi_options`: the SYN had bytes, which were taken. */
const TCPI_OPT_SYN_DATA = 32;

/** Microseconds in a millisecond. */
const MICRO = 1000;

/** What an unsigned 32-bit field says where there is no bound. */
const UNBOUNDED = 0x7fffffff;

/** Fields of 4 bytes in linux/tcp.h's `struct tcp_info`: offset, and what divides the kernel's unit into ours. */
const TCP_INFO_WORDS = {
  retransmissionTimeout: [8, MICRO],
  maxSegmentSize: [16],
  unacked: [24],
  lost: [32],
  retransmitting: [36],
  pathMtu: [60],
  rtt: [68, MICRO],
  rttVariance: [72, MICRO],
  slowStartThreshold: [76],
  congestionWindow: [80],
  totalRetransmits: [100],
  segmentsSent: [136],
  segmentsReceived: [140],
  bytesNotSent: [144],
  minRtt: [148, MICRO],
  peerWindow: [228],
};

/** Fields of 8 bytes: their offsets. */
const TCP_INFO_LONGS = {
  pacingRate: 104,
  bytesAcked: 120,
  bytesReceived: 128,
  deliveryRate: 160,
  bytesSent: 200,
  bytesRetransmitted: 208,
};

const AF_INET = 2;

/**
 * @param {Uint8Array} bytes of `struct tcp_info`; an older kernel's is shorter
 * @returns {object} the fields that the kernel has
 */
function parseTcpInfo(bytes) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const longs = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
  const found = { state: STATES[bytes[0]], synDataAcked: (bytes[5] & TCPI_OPT_SYN_DATA) !== 0 };
  for (const [name, [offset, divisor = 1]] of Object.entries(TCP_INFO_WORDS)) {
    if (offset + 4 <= bytes.length) found[name] = words[offset / 4] / divisor;
  }
  for (const [name, offset] of Object.entries(TCP_INFO_LONGS)) {
    if (offset + 8 <= bytes.length) found[name] = Number(longs[offset / 8]);
  }
  if (found.slowStartThreshold >= UNBOUNDED) found.slowStartThreshold = Infinity;
  // 2 ** 64 - 1: no bound.
  if (found.pacingRate === Number(2n ** 64n)) found.pacingRate = Infinity;
  return found;
}

/**
 * @param {Socket} socket
 * @param {string} name of the kernel's option
 * @param {string} call of the program
 * @param {number[]} [none] what the kernel says where there is nothing to tell
 * @returns {Uint8Array|undefined} its bytes, aligned; undefined without a connection, and where there is nothing
 * @throws {TypeError} where the platform has no such option
 * @throws {Error} of getsockopt(2)
 */
function read(socket, name, call, none = []) {
  const handle = socket._handle;
  if (!handle || socket.connecting) return undefined;
  if (!handle.getOption) throw new codes.ERR_INVALID_HANDLE_TYPE(call);
  const bytes = handle.getOption(name);
  if (typeof bytes !== 'number') return Uint8Array.from(bytes);
  if (bytes === UV_EBADF || none.includes(bytes)) return undefined;
  throw errorOf(bytes, call);
}

/**
 * `socket.info`: what the kernel knows of a TCP connection (TCP_INFO, tcp(7)).
 *
 * @this {Socket}
 * @returns {object|undefined} undefined without a connection
 * @throws {TypeError} for a socket that is not of TCP, and where the platform has no such option
 */
function info() {
  if (this._handle && !isTcp(this._handle)) throw new codes.ERR_INVALID_HANDLE_TYPE('info');
  const bytes = read(this, 'TCP_INFO', 'info');
  return bytes && parseTcpInfo(bytes);
}

/**
 * `socket.peerCredentials`: who the peer of a Unix-domain socket was when it connected or listened (SO_PEERCRED,
 * unix(7)).
 *
 * @this {Socket}
 * @returns {{pid: number, uid: number, gid: number}|undefined} undefined without a connection
 * @throws {TypeError} for a TCP socket, and where the platform has no such option
 */
function peerCredentials() {
  if (this._handle && isTcp(this._handle)) throw new codes.ERR_INVALID_HANDLE_TYPE('peerCredentials');
  const bytes = read(this, 'SO_PEERCRED', 'peerCredentials');
  if (!bytes) return undefined;
  const [pid] = new Int32Array(bytes.buffer);
  const [, uid, gid] = new Uint32Array(bytes.buffer);
  return { pid, uid, gid };
}

/**
 * @param {Uint8Array} bytes of `struct sockaddr_in` or `sockaddr_in6`, and perhaps more
 * @returns {{address: string, family: string, port: number}}
 */
function parseAddress(bytes) {
  const port = bytes[2] * 256 + bytes[3];
  const [family] = new Uint16Array(bytes.buffer);
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join('.'), family: 'IPv4', port };
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[8 + 2 * i] * 256 + bytes[9 + 2 * i]).toString(16));
  const { address } = new builtin.SocketAddress({ address: groups.join(':'), family: 'ipv6' });
  return { address, family: 'IPv6', port };
}

/**
 * `socket.originalDestination`: where the peer connected to, before netfilter redirected it (SO_ORIGINAL_DST).
 *
 * @this {Socket}
 * @returns {{address: string, family: string, port: number}|undefined} undefined without a connection, and where
 *   netfilter does not track it
 * @throws {TypeError} for a socket that is not of TCP, and where the platform has no such option
 * @throws {Error} of getsockopt(2)
 */
function originalDestination() {
  if (this._handle && !isTcp(this._handle)) throw new codes.ERR_INVALID_HANDLE_TYPE('originalDestination');
  // A socket of IPv6 has peers of IPv4 as well, whose addresses have dots.
  const option = this.remoteAddress?.includes('.') ? 'SO_ORIGINAL_DST' : 'IP6T_SO_ORIGINAL_DST';
  const bytes = read(this, option, 'originalDestination', [UV_ENOENT]);
  return bytes && parseAddress(bytes);
}

/**
 * @param {Socket} socket
 * @returns {boolean} `socket.isMptcp`: whether the connection is one of Multipath TCP, and not of TCP after all
 */
function isMptcp(socket) {
  const handle = socket._handle;
  if (!handle?.getOption || socket.connecting || !isTcp(handle)) return false;
  return typeof handle.getOption('MPTCP_INFO') !== 'number';
}

module.exports = { info, isMptcp, originalDestination, peerCredentials };
