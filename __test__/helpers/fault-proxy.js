'use strict';

/**
 * A raw peer that goes wrong on purpose, for the tables of faults.
 *
 * The peer is always the built-in's, paused before it connects, so that what it does not read stays in the
 * kernel. The subject is a socket of the implementation under test, on either side of the connection. A fault
 * is complete when the kernel has it, which `settle` waits for without letting the event loop turn: from then
 * on what the subject finds does not depend on time.
 */

const fs = require('fs');
const { builtin } = require('./implementations');
const { once, turn } = require('./events');
const resources = require('./resources');

/** Milliseconds after which the kernel is taken to never get there. */
const SETTLE_LIMIT = 10000;

/** Nothing ever changes here, so that to wait for it stops the thread. */
const STANDSTILL = new Int32Array(new SharedArrayBuffer(4));

/** States of a TCP connection as /proc/net/tcp has them (include/net/tcp_states.h). */
const ESTABLISHED = '01';
const FIN_WAIT2 = '05';

/** The timer of a connection whose peer takes no more: the zero window probe. */
const PROBE = '04';

/**
 * Whether rsnet's own threads, which the tokio backend has, wait for something; what they do is then done.
 *
 * @returns {boolean}
 */
function threadsRest() {
  const tasks = fs.readdirSync('/proc/self/task').flatMap((id) => {
    try {
      return [fs.readFileSync(`/proc/self/task/${id}/stat`, 'latin1')];
    } catch {
      return [];
    }
  });
  return tasks.every((stat) => !stat.includes('(rsnet-') || stat.includes(') S '));
}

/**
 * The kernel's view of one end of a connection over 127.0.0.1 (proc_net_tcp(5)).
 *
 * @param {number} localPort
 * @param {number} remotePort
 * @returns {{state: string, sent: number, unread: number, timer: string} | null} hexadecimal state, bytes sent and
 *   not acknowledged, bytes received and not read, timer; null when the kernel has no such connection
 */
function tcpEnd(localPort, remotePort) {
  const hex = (port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const table = fs.readFileSync('/proc/net/tcp', 'latin1');
  const at = table.indexOf(`${hex(localPort)} ${hex(remotePort)} `);
  if (at === -1) return null;
  const [, , state, queues, timer] = table.slice(at, at + 70).split(' ');
  const [sent, unread] = queues.split(':').map((digits) => parseInt(digits, 16));
  return { state, sent, unread, timer: timer.slice(0, 2) };
}

/**
 * Wait until the kernel is where it should be, while JS stands still.
 *
 * @param {() => boolean} condition
 * @returns {void}
 * @throws {Error} when that takes longer than SETTLE_LIMIT
 */
function settle(condition) {
  const end = Date.now() + SETTLE_LIMIT;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`the kernel did not settle: ${condition}`);
    Atomics.wait(STANDSTILL, 0, 0, 1);
  }
}

/**
 * Wait until something holds, turn by turn of the event loop.
 *
 * @param {() => boolean} condition
 * @returns {Promise<void>}
 */
async function until(condition) {
  while (!condition()) await turn();
}

/** One connection between a subject and its raw peer. */
class FaultyConnection {
  /**
   * @param {import('net').Socket} subject
   * @param {import('net').Socket} peer the built-in's, paused
   * @param {boolean} path whether the connection is a Unix-domain one
   */
  constructor(subject, peer, path) {
    this.subject = subject;
    this.peer = peer;
    this.path = path;
    this.ports = path ? null : [peer.remotePort, peer.localPort];
    subject.on('error', () => {});
    peer.on('error', () => {});
  }

  /**
   * @returns {{state: string, sent: number, unread: number} | null} the subject's end, as the kernel sees it
   */
  subjectEnd() {
    return tcpEnd(this.ports[0], this.ports[1]);
  }

  /**
   * Wait until the peer's kernel has bytes that the peer has not read.
   *
   * @returns {void}
   */
  settleUnread() {
    if (!this.path) settle(() => tcpEnd(this.ports[1], this.ports[0]).unread > 0);
  }

  /**
   * Wait until bytes that the peer wrote are there for the subject, or were read by it already.
   *
   * @returns {void}
   */
  settleSent() {
    if (!this.path) settle(() => (tcpEnd(this.ports[1], this.ports[0]) || { sent: 0 }).sent === 0);
  }

  /**
   * Wait until the kernel takes no more of what the subject writes.
   *
   * @returns {Promise<void>}
   */
  async fill() {
    await turn(2);
    // Elsewhere than on the tokio backend the kernel has said so to this thread.
    if (process.env.RSNET_BACKEND !== 'tokio') return;
    settle(() => (this.path || this.subjectEnd().timer === PROBE) && threadsRest());
  }

  /**
   * Wait until the subject's FIN has arrived, before the peer does anything.
   *
   * @returns {void}
   */
  settleEnded() {
    if (!this.path) settle(() => this.subjectEnd().state === FIN_WAIT2);
  }

  /**
   * Wait until the subject's end has heard of the peer's FIN or RST.
   *
   * @returns {void}
   */
  settleGone() {
    if (this.path) return;
    settle(() => {
      const end = this.subjectEnd();
      return end === null || (end.state !== ESTABLISHED && end.state !== FIN_WAIT2);
    });
  }

  /**
   * RST: closed with SO_LINGER 0 (socket(7)). Only TCP has it.
   *
   * @returns {void}
   */
  reset() {
    this.peer._handle.reset();
    this.peer._handle = null;
    this.peer.destroy();
    this.settleGone();
  }

  /**
   * Both directions closed at once: a FIN, or a reset when something is unread.
   *
   * @param {boolean} [settles=true] false when the FIN waits behind bytes that the subject does not read
   * @returns {void}
   */
  close(settles = true) {
    this.peer.destroy();
    if (settles) this.settleGone();
  }

  /**
   * FIN: the peer has nothing more to say, and may go on reading.
   *
   * @param {boolean} [settles=true] as for `close`
   * @returns {Promise<void>}
   */
  async fin(settles = true) {
    const finished = once(this.peer, 'finish');
    this.peer.end();
    await finished;
    if (settles) this.settleGone();
  }
}

/**
 * A subject and its raw peer, connected.
 *
 * @param {import('./trace').Trace} t the subject is `t.net`'s, watched as 'subject' from its first event on
 * @param {object} how
 * @param {'client' | 'server'} how.side on which the subject stands
 * @param {boolean} how.path whether over a Unix-domain socket
 * @param {object} [how.options] of the subject
 * @param {boolean} [how.stopped] whether the subject does not read from the start
 * @param {object} [how.watch] options of `t.watch`
 * @returns {Promise<FaultyConnection>}
 */
async function meet(t, { side, path, options = {}, stopped = false, watch = {} }) {
  const where = path ? { listen: resources.tempPath() } : {};
  if (side === 'client') {
    const server = await resources.listen(builtin, { ...where, allowHalfOpen: true, pauseOnConnect: true });
    t.name(server.at.port || server.at.path, 'server');
    const accepted = once(server, 'connection');
    const subject = t.watch(t.net.connect({ ...server.at, ...options }), 'subject', watch);
    if (stopped) subject.pause();
    const [[peer]] = await Promise.all([accepted, once(subject, 'connect')]);
    return new FaultyConnection(subject, peer, path);
  }
  let subject;
  const server = await resources.listen(t.net, { ...where, ...options, pauseOnConnect: stopped }, (socket) => {
    subject = t.watch(socket, 'subject', watch);
  });
  const peer = resources.track(new builtin.Socket({ allowHalfOpen: true }));
  peer.pause();
  peer.connect(server.at);
  await Promise.all([once(server, 'connection'), once(peer, 'connect')]);
  return new FaultyConnection(subject, peer, path);
}

/**
 * What a leak would leave: the descriptors of this process, and what keeps its event loop alive.
 *
 * @returns {string[]} what each descriptor is, such as 'socket:[1234]', and the name of each handle
 */
function holdings() {
  const descriptors = fs.readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
  const handles = process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|Connect|Write|Shutdown/.test(name));
  return [...descriptors, ...handles];
}

/**
 * What has been added since.
 *
 * @param {string[]} before what `holdings` gave; what tests before this file have left may go meanwhile
 * @returns {string[]}
 */
function addedSince(before) {
  const known = [...before];
  return holdings().filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

module.exports = { FaultyConnection, addedSince, holdings, meet, settle, tcpEnd, until };
