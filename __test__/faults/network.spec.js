'use strict';

/* global net -- given by spawnNode to the code of a child */

const { spawnSync } = require('child_process');
const { implementations, spawnNode } = require('../helpers');

/** A network namespace of the child's own (unshare(1), ip(8)); it ends with the child. */
const SETUP = [
  'ip link set lo up',
  'ip route add unreachable 10.9.0.0/24',
  'ip route add prohibit 10.8.0.0/24',
  'ip route add blackhole 10.7.0.0/24',
  'ip link add v0 type veth peer name v1',
  'ip addr add 10.6.0.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
  // Nobody answers on v1: the address there is soon found to be missing.
  'echo 1 > /proc/sys/net/ipv4/neigh/v0/mcast_solicit',
  'echo 10 > /proc/sys/net/ipv4/neigh/v0/retrans_time_ms',
  // Who is not answered gives up after a second or two instead of minutes (tcp(7)).
  'echo 1 > /proc/sys/net/ipv4/tcp_syn_retries',
  'echo 2 > /proc/sys/net/ipv4/tcp_retries2',
];
const prefix = ['unshare', '-n', 'sh', '-ec', `${SETUP.join('; ')}; exec "$0" "$@"`];

const works = process.platform === 'linux' && spawnSync(prefix[0], [...prefix.slice(1), 'true']).status === 0;
const notice = works ? '' : ' (skipped: it takes root, unshare and iproute2)';

/**
 * Run a program in a namespace on each implementation at once.
 *
 * @param {Function} program without closure; prints one JSON value
 * @returns {Promise<any[]>} what each printed
 */
async function each(program) {
  const results = await Promise.all(implementations.map(([name]) => spawnNode(name, program, { prefix })));
  return results.map(({ stdout, ...end }) => {
    expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
    return JSON.parse(stdout);
  });
}

(works ? describe : describe.skip)(`in a network namespace${notice}`, () => {
  test('addresses that cannot be reached, each in its way', async () => {
    const results = await each(() => {
      const fs = require('fs');
      const descriptors = () => fs.readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
          return target.startsWith('socket:') ? [target] : [];
        } catch {
          return [];
        }
      });
      const attempt = (options) => new Promise((resolve) => {
        const trace = [];
        const client = net.connect({ port: 9, ...options });
        client.on('error', ({ message, code, errno, syscall, address, port }) => {
          trace.push('error', message.replace(/:\d+\)$/, ':local)'), code, errno, syscall, address, port);
        });
        client.on('timeout', () => {
          trace.push('timeout', client.connecting);
          client.destroy();
        });
        for (const event of ['connect', 'end', 'close']) client.on(event, (...args) => trace.push(event, ...args));
        client.on('close', () => resolve(trace));
        client.write('never sent', (error) => trace.push('written', error?.code));
      });
      const hosts = ['10.9.0.1', '10.8.0.1', '10.7.0.1', '192.0.2.1', '10.6.0.9', '127.0.0.1', '2001:db8::1', '::1'];
      (async () => {
        const all = [await attempt({ host: '127.0.0.1' })];
        const before = descriptors();
        for (const host of hosts) all.push(await attempt({ host }));
        all.push(await attempt({ host: '127.0.0.1', localAddress: '10.9.0.1' }));
        // Nobody answers the first packet, and nobody says so.
        const neighbour = ['neigh', 'add', '10.6.0.7', 'lladdr', '02:00:00:00:00:07', 'dev', 'v0'];
        require('child_process').execFileSync('ip', neighbour);
        all.push(...await Promise.all([attempt({ host: '10.6.0.7' }), attempt({ host: '10.6.0.7', timeout: 50 })]));
        console.log(JSON.stringify([all, descriptors().filter((fd) => !before.includes(fd))]));
      })();
    });
    for (const result of results) {
      expect(result).toEqual(results[0]);
      const codes = result[0].map((trace) => trace[trace.indexOf('error') + 2]);
      expect(codes).toEqual(expect.arrayContaining(
        ['EHOSTUNREACH', 'EACCES', 'EINVAL', 'ENETUNREACH', 'ECONNREFUSED', 'EADDRNOTAVAIL', 'ETIMEDOUT'],
      ));
      expect(result[1]).toEqual([]);
    }
  });

  test('the interface goes down in the middle of a transfer and comes up again: all arrives', async () => {
    const results = await each(() => {
      const { execFileSync } = require('child_process');
      const TOTAL = 24 << 20;
      let received = 0;
      const server = net.createServer((peer) => {
        peer.on('data', (data) => {
          const before = received;
          received += data.length;
          if (before < 1 << 20 && received >= 1 << 20) {
            execFileSync('ip', ['link', 'set', 'lo', 'down']);
            setTimeout(() => execFileSync('ip', ['link', 'set', 'lo', 'up']), 50);
          }
        });
        peer.on('end', () => server.close());
      });
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1').resume();
        client.on('close', (hadError) => {
          console.log(JSON.stringify([received === TOTAL, hadError, client.bytesWritten]));
        });
        client.end(Buffer.alloc(TOTAL));
      });
    });
    for (const result of results) expect(result).toEqual([true, false, 24 << 20]);
  });

  test('the interface stays down: both sides get ETIMEDOUT', async () => {
    const results = await each(() => {
      const { execFileSync } = require('child_process');
      const trace = { client: [], peer: [] };
      const watch = (socket, label) => {
        socket.on('error', ({ message, code, errno, syscall }) => trace[label].push(message, code, errno, syscall));
        socket.on('close', (hadError) => trace[label].push('close', hadError));
      };
      let open = 2;
      const over = () => --open === 0 && server.close(() => console.log(JSON.stringify(trace)));
      const server = net.createServer((peer) => {
        watch(peer, 'peer');
        peer.on('close', over).resume();
        client.once('data', () => {
          execFileSync('ip', ['link', 'set', 'lo', 'down']);
          client.write('lost');
          peer.write('lost');
        });
        peer.write('hello');
      });
      let client;
      server.listen(0, '127.0.0.1', () => {
        client = net.connect(server.address().port, '127.0.0.1');
        watch(client, 'client');
        client.on('close', over).resume();
      });
    });
    for (const result of results) {
      expect(result).toEqual(results[0]);
      expect(result.client.slice(0, 2)).toEqual(['read ETIMEDOUT', 'ETIMEDOUT']);
    }
  });
});
