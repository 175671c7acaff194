'use strict';

// net.stats(): what the sockets of a thread do and have done.

const { spawnSync } = require('child_process');
const path = require('path');
const { closed, closedPort, connect, describeRsnet, listen, once, pair, receive, thrownBy, turn } =
  require('../helpers');
const { FIXTURES, REGISTER, runMode } = require('../helpers/registered');
const fallback = require('../../lib/fallback');

const ROOT = path.join(__dirname, '..', '..');

describeRsnet('net.stats()', (net) => {
  /**
   * @param {object} before
   * @returns {object} the fields that differ from it, and by how much
   */
  function since(before) {
    const now = net.stats();
    const changes = Object.keys(now).map((name) => [name, now[name] - before[name]]);
    return Object.fromEntries(changes.filter(([, change]) => change !== 0));
  }

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
  });
});
