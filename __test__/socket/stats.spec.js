'use strict';

// net.stats(): what the sockets of a thread do and have done.

const { spawnSync } = require('child_process');
const path = require('path');
const { closed, closedPort, connect, describeRsnet, listen, once, pair, receive, thrownBy, turn } =
  require('../helpers');
const { twoPairs } = require('../helpers/relayed');
const { FIXTURES, REGISTER, runMode } = require('../helpers/registered');
const fallback = require('../../lib/fallback');

const ROOT = path.join(__dirname, '..', '..');

describeRsnet('net.stats()', (net) => {
  /**
   * @param {object} before
   * @returns {object} the fields that differ from it, and by how much
   */
  function changes(before) {
    const now = net.stats();
    const all = Object.keys(now).map((name) => [name, now[name] - before[name]]);
    return Object.fromEntries(all.filter(([, change]) => change !== 0));
  }

  /**
   * @param {object} before
   * @returns {object} as `changes`, without system calls
   */
  const since = (before) =>
    Object.fromEntries(Object.entries(changes(before)).filter(([name]) => !name.endsWith('Calls')));

  test.each([['TCP', {}], ['a Unix-domain path', { path: true }]])('a connection over %s', async (_title, options) => {
    const before = net.stats();
    const { client, peer, server } = await pair(net, net, options);
    expect(since(before)).toEqual({ servers: 1, open: 2, accepted: 1, connected: 1 });
    const arrived = receive(peer, 5);
    client.write('hello');
    await arrived;
    expect(since(before)).toEqual({
      servers: 1, open: 2, accepted: 1, connected: 1, bytesRead: 5, bytesWritten: 5,
    });
    client.destroy();
    await closed(peer.resume());
    server.close();
    await once(server, 'close');
    expect(since(before)).toEqual({ accepted: 1, connected: 1, bytesRead: 5, bytesWritten: 5 });
  });

  test('what fails, what is given up, and what is dropped', async () => {
    const before = net.stats();
    await once(connect(net, { port: await closedPort(), host: '127.0.0.1' }), 'error');
    await once(connect(net, { port: 1, host: 'a.invalid', lookup: (_host, _options, done) => done(new Error('none')) }),
      'error');
    const lookup = (_host, _options, done) => done(null, [
      { address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]);
    await once(connect(net, { port: await closedPort(), host: 'a.invalid', lookup, autoSelectFamily: true }), 'error');
    expect(since(before)).toEqual({ failed: 3 });
    const server = await listen(net);
    const given = connect(net, server.at);
    expect(since(before)).toEqual({ failed: 3, servers: 1, connecting: 1 });
    given.destroy();
    expect(since(before)).toEqual({ failed: 3, servers: 1 });
    const full = await listen(net, (peer) => peer.resume());
    full.maxConnections = 1;
    await once(connect(net, full.at), 'connect');
    await once(connect(net, full.at).resume(), 'close');
    const list = new net.BlockList();
    list.addAddress('127.0.0.1');
    const blocking = await listen(net, { blockList: list });
    await once(connect(net, blocking.at).resume(), 'close');
    expect(since(before).dropped).toBe(2);
  });

  test('what waits for a peer that does not read', async () => {
    const { client } = await pair(net, net, { server: { pauseOnConnect: true } });
    const before = net.stats();
    const chunk = Buffer.alloc(1 << 24);
    client.write(chunk);
    await turn();
    expect(since(before).queuedBytes).toBe(client.writableLength);
    expect(client.writableLength).toBeGreaterThan(0);
    client.destroy();
    expect(net.stats().queuedBytes).toBe(before.queuedBytes);
  });

  test('system calls', async () => {
    let before = net.stats();
    const { client, peer } = await pair(net, net);
    expect(changes(before)).toMatchObject({ connectCalls: 1 });
    expect(changes(before).acceptCalls).toBeGreaterThanOrEqual(1);
    const exchange = async (write, bytes) => {
      before = net.stats();
      const arrived = receive(peer, bytes);
      write();
      await arrived;
      await turn();
      return changes(before);
    };
    const one = await exchange(() => client.write('hello'), 5);
    expect(one).toMatchObject({ writeCalls: 1 });
    expect(one.readCalls).toBeGreaterThanOrEqual(1);
    // Small writes of one callback share a call. The first one of each millisecond goes at once, behind what waits.
    let milliseconds = 0;
    const many = await exchange(() => {
      const begun = Date.now();
      for (let i = 0; i < 50; i++) client.write('hello');
      milliseconds = Date.now() - begun;
    }, 250);
    expect(many.writeCalls).toBeLessThan(10 + 2 * milliseconds);
    const large = await exchange(() => client.write(Buffer.alloc(1 << 23)), 1 << 23);
    expect(large.writeCalls).toBeGreaterThan(1);
    expect(large.readCalls).toBeGreaterThanOrEqual((1 << 23) / (1 << 16) / 2);
    expect(large).not.toHaveProperty('connectCalls');
  });

  test('system calls of a relay, of files and of the thread that sends for JavaScript', async () => {
    const { left, a, b, right } = await twoPairs(net);
    const done = net.relay(a, b);
    const arrived = receive(right, 1 << 22);
    left.write(Buffer.alloc(1 << 22));
    await arrived;
    const before = net.stats();
    left.end(Buffer.alloc(1 << 22));
    right.end();
    left.resume();
    right.resume();
    await done;
    expect(changes(before).readCalls).toBeGreaterThan(10);
    const { client, peer } = await pair(net, net);
    const earlier = net.stats();
    peer.resume();
    expect(await client.sendFile(__filename)).toBeGreaterThan(1000);
    expect(changes(earlier).writeCalls).toBeGreaterThanOrEqual(1);
    const blocked = net.stats();
    client.write('hello');
    const end = performance.now() + 10_000;
    // JavaScript does not come back to its loop before the thread has sent.
    while (!(changes(blocked).writeCalls > 0) && performance.now() < end);
    expect(changes(blocked).writeCalls).toBe(1);
  });

  test('connections that Node\'s TLS runs', async () => {
    const counts = await runMode(['-r', REGISTER], async (key, cert) => {
      const fs = require('fs');
      // Its streams are pipes, and so Sockets.
      for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => {});
      const before = net.stats();
      const server = require('tls').createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) },
        (socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = require('tls').connect({ port: server.address().port, rejectUnauthorized: false });
      client.write('hello');
      await once(client, 'data');
      const during = net.stats();
      client.destroy();
      await once(client, 'close');
      server.close();
      await once(server, 'close');
      return [before, during, net.stats()];
    }, { args: ['localhost-key.pem', 'localhost-cert.pem'].map((name) => path.join(FIXTURES, name)) });
    const [before, during, after] = counts;
    expect(before).toMatchObject({ accepted: 0, bytesRead: 0 });
    // The client's connection is one that Node's TLS makes itself.
    expect(during).toMatchObject({ servers: 1, open: before.open + 1, accepted: 1 });
    expect(during.bytesRead).toBeGreaterThan(100);
    expect(after).toMatchObject({ servers: 0, open: before.open, accepted: 1 });
    expect(after.bytesRead).toBeGreaterThanOrEqual(during.bytesRead);
  });

  test('without a binary it is an error, and no name that programs list', () => {
    expect(thrownBy(() => fallback.stats())).toMatchObject({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
    expect([Object.keys(net), Object.keys(fallback)].flat()).not.toContain('stats');
  });

  test('the example shows them', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'examples', 'metrics.js')],
      { timeout: 20000, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^# TYPE rsnet_accepted_total counter\nrsnet_accepted_total 1$/m);
    expect(stdout).toMatch(/^rsnet_bytes_read_total 10$/m);
    expect(stdout).toMatch(/^# TYPE rsnet_write_calls_total counter\nrsnet_write_calls_total [1-9]\d*$/m);
    expect(stdout).not.toContain('undefined');
  });
});
