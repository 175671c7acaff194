'use strict';

// The event 'descriptors': its place in the stream, and what becomes of descriptors that nobody takes.

const fs = require('fs');
const { PassThrough } = require('stream');
const { pipeline } = require('stream/promises');
const {
  closed, connect, describeLinux, listen, once, pair, receive, spawnNode, tempPath, thrownBy, track, turn,
} = require('../helpers');
const { countOpen, fileWith, python, textOf } = require('../helpers/descriptors');

describeLinux('the event descriptors', (net) => {
  /**
   * @param {object} [server] its options
   * @returns {Promise<{client: object, peer: object, file: string, fd: number}>} a pair whose server's side receives
   *   descriptors, and a file to send
   */
  async function receivingPair(server) {
    const file = fileWith('A');
    const fd = fs.openSync(file);
    const made = await pair(net, net, { path: true, server: { receiveDescriptors: true, ...server } });
    made.peer.once('close', () => fs.closeSync(fd));
    return { ...made, file, fd };
  }

  /**
   * Waits until all that was written has arrived, and some turns more.
   *
   * @param {object} client
   */
  async function settled(client) {
    await new Promise((resolve) => client.write('', resolve));
    await turn(20);
  }

  test('values of the wrong kind, and TCP', async () => {
    const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
    const cases = [['yes', invalidType], [null, invalidType], [0, outOfRange], [254, outOfRange], [1.5, outOfRange]];
    for (const [receiveDescriptors, error] of cases) {
      expect(thrownBy(() => new net.Socket({ receiveDescriptors }))).toMatchObject(error);
      expect(thrownBy(() => net.createServer({ receiveDescriptors }))).toMatchObject(error);
    }
    const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };
    const { server } = await pair(net);
    expect(await once(connect(net, { ...server.at, receiveDescriptors: true }), 'error')).toMatchObject([wrongKind]);
    const other = track(net.createServer({ receiveDescriptors: true }).listen(0, '127.0.0.1'));
    expect(await once(other, 'error')).toMatchObject([wrongKind]);
  });

  test('the data is memory of its own, which can be transferred', async () => {
    const { client, peer, fd } = await receivingPair();
    client.sendDescriptors([fd], Buffer.alloc(5000, 'x'));
    const [descriptors, data] = await once(peer, 'descriptors');
    for (const descriptor of descriptors) fs.closeSync(descriptor);
    expect(structuredClone(data, { transfer: [data.buffer] }).length).toBe(5000);
    expect(data.length).toBe(0);
  });

  test('without the option the bytes come as data, and nothing is left open', async () => {
    const { client, peer } = await pair(net, net, { path: true });
    const file = fileWith('A');
    const fd = fs.openSync(file);
    peer.on('descriptors', () => { throw new Error('not asked for'); });
    client.sendDescriptors([fd, fd], 'bytes');
    client.end();
    expect(String(await receive(peer, 5))).toBe('bytes');
    expect(countOpen(file)).toBe(1);
    fs.closeSync(fd);
  });

  test('in both directions at once; what is received is close-on-exec', async () => {
    const { client, peer, fd } = await receivingPair();
    const other = connect(net, { ...{ path: peer.server.address() }, receiveDescriptors: true });
    const [answering] = await once(peer.server, 'connection');
    answering.on('descriptors', (fds, data) => {
      const flags = fds.map((each) => /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${each}`))[1]);
      expect(flags.every((each) => (parseInt(each, 8) & 0o2000000) !== 0)).toBe(true);
      answering.sendDescriptors(fds, `again ${data}`);
      fds.forEach((each) => fs.closeSync(each));
    });
    const texts = [];
    other.on('descriptors', (fds, data) => texts.push([String(data), fds.map(textOf)]));
    for (let i = 0; i < 3; i++) {
      other.sendDescriptors([fd, fd], `${i}`);
      await once(other, 'descriptors');
    }
    expect(texts).toEqual([0, 1, 2].map((i) => [`again ${i}`, ['A', 'A']]));
    client.destroy();
  });

  test('many messages among data, in order and each byte once', async () => {
    const { client, peer, file, fd } = await receivingPair();
    let expected = '';
    let got = '';
    let messages = 0;
    peer.on('data', (data) => { got += data; });
    peer.on('descriptors', (fds, data) => {
      expect(fds.length).toBe(messages % 5 + 1);
      expect(String(data)).toBe(`{${messages}}`);
      messages++;
      got += data;
      fds.forEach((each) => fs.closeSync(each));
    });
    for (let i = 0; i < 2000; i++) {
      client.sendDescriptors(Array(i % 5 + 1).fill(fd), `{${i}}`);
      const between = '-'.repeat(i % 7) + (i % 100 === 0 ? 'z'.repeat(100_000) : '');
      client.write(between);
      expected += `{${i}}${between}`;
      if (client.writableNeedDrain) await once(client, 'drain');
    }
    client.end();
    await once(peer, 'end');
    expect(messages).toBe(2000);
    expect(got === expected).toBe(true);
    expect(peer.bytesRead).toBe(expected.length);
    expect(countOpen(file)).toBe(1);
  });

  test('a paused socket keeps them, behind the data before them', async () => {
    const { client, peer, file, fd } = await receivingPair();
    const got = [];
    peer.on('data', (data) => got.push(String(data)));
    peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    client.write('first');
    await once(peer, 'data');
    peer.pause();
    client.write('second');
    client.sendDescriptors([fd], 'one');
    client.sendDescriptors([fd], 'two');
    client.end('last');
    await turn(50);
    expect(got).toEqual(['first']);
    peer.resume();
    await once(peer, 'end');
    expect(got).toEqual(['first', 'second', ['one', ['A']], ['two', ['A']], 'last']);
    expect(countOpen(file)).toBe(1);
  });

  test('pause() in the listener holds back what follows', async () => {
    const { client, peer, fd } = await receivingPair();
    const got = [];
    peer.on('data', (data) => got.push(String(data)));
    peer.on('descriptors', (fds, data) => {
      got.push([String(data), fds.map(textOf)]);
      peer.pause();
    });
    client.sendDescriptors([fd], 'one');
    client.sendDescriptors([fd], 'two');
    client.write('three');
    await once(peer, 'descriptors');
    await settled(client);
    expect(got).toEqual([['one', ['A']]]);
    peer.resume();
    await once(peer, 'descriptors');
    await settled(client);
    expect(got).toEqual([['one', ['A']], ['two', ['A']]]);
    peer.resume();
    await once(peer, 'data');
    expect(got.at(-1)).toBe('three');
  });

  test('backpressure: a buffer that is full comes first', async () => {
    const { client, peer, fd } = await receivingPair({ highWaterMark: 1000 });
    const got = [];
    peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    client.write('x'.repeat(5000));
    client.sendDescriptors([fd], 'one');
    client.write('y');
    await settled(client);
    expect(got).toEqual([]);
    let size = 0;
    while (size < 5000) size += peer.read()?.length ?? (await once(peer, 'readable'), 0);
    await once(peer, 'descriptors');
    expect(got).toEqual([['one', ['A']]]);
  });

  test('a program that asks by read() and readable, and one that iterates', async () => {
    const asking = await receivingPair();
    const got = [];
    asking.peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    asking.peer.on('readable', () => {
      for (let data; (data = asking.peer.read(2)) !== null;) got.push(String(data));
    });
    asking.client.write('abcd');
    asking.client.sendDescriptors([asking.fd], 'one');
    asking.client.end('ef');
    await once(asking.peer, 'end');
    expect(got).toEqual(['ab', 'cd', ['one', ['A']], 'ef']);

    const iterated = await receivingPair();
    const seen = [];
    iterated.peer.on('descriptors', (fds, data) => seen.push([String(data), fds.map(textOf)]));
    iterated.client.write('abcd');
    iterated.client.sendDescriptors([iterated.fd], 'one');
    iterated.client.end('ef');
    for await (const data of iterated.peer) {
      seen.push(String(data));
      await turn(3);
    }
    expect(seen).toEqual(['abcd', ['one', ['A']], 'ef']);
  });

  test('without a listener of data they come as long as nothing is before them', async () => {
    const { client, peer, fd } = await receivingPair();
    client.sendDescriptors([fd], 'one');
    client.sendDescriptors([fd], 'two');
    const first = await once(peer, 'descriptors');
    const second = await once(peer, 'descriptors');
    expect([first, second].map(([fds, data]) => [fds.map(textOf), String(data)])).toEqual([
      [['A'], 'one'], [['A'], 'two'],
    ]);
  });

  test('pipe(): the destination gets the data, and a slow one holds the descriptors back', async () => {
    const { client, peer, fd } = await receivingPair();
    const sink = new PassThrough({ highWaterMark: 100 });
    const got = [];
    peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    const done = pipeline(peer, sink);
    client.write('x'.repeat(200_000));
    client.sendDescriptors([fd], 'one');
    client.end('y');
    await settled(client.on('error', () => {}));
    expect(got).toEqual([]);
    let size = 0;
    for await (const chunk of sink) size += chunk.length;
    await done;
    expect(size).toBe(200_001);
    expect(got).toEqual([['one', ['A']]]);
  });

  test('with onread: data goes to the buffer, descriptors by the event', async () => {
    const file = fileWith('A');
    const fd = fs.openSync(file);
    const server = await listen(net, { listen: tempPath() }, (socket) => {
      socket.write('before');
      socket.sendDescriptors([fd], 'longer than the buffer');
      socket.end('behind');
    });
    const got = [];
    const client = connect(net, {
      ...server.at,
      receiveDescriptors: true,
      onread: {
        buffer: Buffer.alloc(4),
        callback(count, buffer) { got.push(buffer.toString('latin1', 0, count)); },
      },
    });
    client.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    await closed(client);
    const at = got.findIndex((one) => typeof one !== 'string');
    expect([got.slice(0, at).join(''), got[at], got.slice(at + 1).join('')])
      .toEqual(['before', ['longer than the buffer', ['A']], 'behind']);
    expect(countOpen(file)).toBe(1);
    fs.closeSync(fd);
  });

  test('setEncoding() leaves their data a Buffer', async () => {
    const { client, peer, fd } = await receivingPair();
    peer.setEncoding('utf8');
    client.write(Buffer.from('é').subarray(0, 1));
    await settled(client);
    client.sendDescriptors([fd], Buffer.from([0xff]));
    const [fds, data] = await once(peer, 'descriptors');
    expect([fds.map(textOf), data]).toEqual([['A'], Buffer.from([0xff])]);
  });

  test('nobody listens: they are closed, and their bytes come as data', async () => {
    const { client, peer, file, fd } = await receivingPair();
    client.write('one ');
    client.sendDescriptors([fd, fd], 'two ');
    client.end('three');
    let text = '';
    for await (const data of peer) text += data;
    expect(text).toBe('one two three');
    expect(countOpen(file)).toBeLessThanOrEqual(1);
  });

  test('a listener that came once leaves the others to be closed', async () => {
    const { client, peer, file, fd } = await receivingPair();
    client.sendDescriptors([fd], 'one');
    client.sendDescriptors([fd], 'two');
    const [fds] = await once(peer, 'descriptors');
    expect(fds.map(textOf)).toEqual(['A']);
    expect(String(await receive(peer, 3))).toBe('two');
    expect(countOpen(file)).toBe(1);
  });

  test('destroyed before they are delivered, and by their listener', async () => {
    const { client, peer, file, fd } = await receivingPair({ pauseOnConnect: true });
    peer.on('descriptors', () => { throw new Error('destroyed'); });
    client.on('error', () => {});
    client.write('before');
    for (let i = 0; i < 10; i++) client.sendDescriptors([fd], 'never');
    peer.on('data', () => peer.pause());
    peer.resume();
    await once(peer, 'data');
    await settled(client);
    expect(countOpen(file)).toBeLessThanOrEqual(2);
    peer.removeAllListeners('descriptors');
    peer.destroy();
    await closed(peer);
    expect(countOpen(file)).toBe(0);

    const other = await receivingPair();
    let calls = 0;
    other.peer.on('descriptors', (fds) => {
      calls++;
      fds.forEach((each) => fs.closeSync(each));
      other.peer.destroy();
    });
    other.client.on('error', () => {});
    for (let i = 0; i < 10; i++) other.client.sendDescriptors([other.fd], 'once');
    await closed(other.peer);
    await turn(5);
    expect([calls, countOpen(other.file)]).toEqual([1, 0]);
  });

  test('more than the option allows end the socket, behind the data before them', async () => {
    const { client, peer, file, fd } = await receivingPair({ receiveDescriptors: 2 });
    const got = [];
    peer.on('data', (data) => got.push(String(data)));
    peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    const ended = once(peer, 'error');
    client.on('error', () => {});
    client.sendDescriptors([fd, fd], 'two');
    client.write('data');
    client.sendDescriptors([fd, fd, fd], 'three');
    expect(await ended).toMatchObject([{ code: 'EMSGSIZE', syscall: 'read' }]);
    await closed(peer);
    expect(got).toEqual([['two', ['A', 'A']], 'data']);
    expect(countOpen(file)).toBe(0);
  });

  test('a process without descriptors to spare ends the socket, and nothing is left open', async () => {
    const result = await spawnNode('rsnet', () => {
      const { closeSync, openSync, readdirSync } = require('fs');
      const path = process.argv[1];
      const count = () => readdirSync('/proc/self/fd').length;
      const server = net.createServer({ receiveDescriptors: true, pauseOnConnect: true }, (peer) => {
        server.close();
        client.sendDescriptors(Array(20).fill(0), 'twenty', () => {
          const before = count();
          const hoard = [];
          try {
            for (;;) hoard.push(openSync('/dev/null'));
          } catch {
            hoard.splice(0, 5).forEach((fd) => closeSync(fd));
          }
          peer.on('descriptors', () => console.log('descriptors'));
          peer.on('error', (error) => {
            hoard.forEach((fd) => closeSync(fd));
            console.log(error.message, before - count());
            client.destroy();
          });
          peer.resume();
        });
      });
      const client = net.connect(server.listen(path).address());
      client.on('error', () => {});
    }, { args: [tempPath()], prefix: ['sh', '-c', 'ulimit -n 128; exec "$0" "$@"'] });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^read EMFILE [01]\n$/);
  });

  test('a flood: at most one message waits for a socket that is not read', async () => {
    const server = await listen(net, { listen: tempPath(), receiveDescriptors: true, pauseOnConnect: true });
    const connection = once(server, 'connection');
    const flood = python('flood', server.at.path, '200');
    const [peer] = await connection;
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const before = open();
    let messages = 0;
    let most = 0;
    peer.on('descriptors', (fds) => {
      messages++;
      most = Math.max(most, open() - before);
      fds.forEach((each) => fs.closeSync(each));
      if (messages % 50 === 0) {
        peer.pause();
        setImmediate(() => setImmediate(() => {
          most = Math.max(most, open() - before);
          peer.resume();
        }));
      }
    });
    peer.resume();
    await once(peer, 'end');
    expect(messages).toBe(200);
    expect(most).toBeLessThan(2 * 253 + 10);
    expect(await flood).toMatchObject({ code: 0, stderr: '' });
  });
});
