'use strict';

// `net.relay()`, which the built-in does not have: of rsnet, and of what stands in for it without a binary.

const { createHash } = require('crypto');
const builtin = require('net');
const { relayBy } = require('../../lib/api/relay');
const fallback = require('../../lib/fallback');
const { closed, collect, connect, describeRsnet, listen, once, pair, receive, turn } = require('../helpers');
const { pattern, twoPairs } = require('../helpers/relayed');
const { madeFile } = require('../send-file/files');

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The error with which a promise rejects. */
const rejection = (promise) => promise.then(() => { throw new Error('it was fulfilled'); }, (error) => error);

describeRsnet('relay', (rsnet) => {
  const { engineMover } = require('../../lib/api/relay-engine');
  const { connect: start, createServer } = rsnet;
  /** Its bytes go through the engine from the first one on. */
  const engine = { connect: start, createServer, relay: relayBy(engineMover, 0) };

  describe.each([
    ['the engine, TCP', engine, {}],
    ['the engine, TCP and Unix', engine, { path: true }],
    ['first the streams, TCP', rsnet, {}],
    ['first the streams, TCP and Unix', rsnet, { path: true }],
    ['without a binary', fallback, {}],
  ])('%s', (title, net, kind) => {
    test.each([1, 1024, 65536, 1 << 20])('%i bytes each way', async (size) => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      const there = pattern(size, 1);
      const back = pattern(size, 2);
      left.end(there);
      right.end(back);
      const [atRight, atLeft] = await Promise.all([collect(right), collect(left)]);
      expect([atRight.equals(there), atLeft.equals(back)]).toEqual([true, true]);
      expect(await done).toEqual({ aToB: size, bToA: size });
      await Promise.all([closed(a), closed(b)]);
      expect([a.bytesRead, a.bytesWritten, b.bytesRead, b.bytesWritten]).toEqual([size, size, size, size]);
    });

    test('messages of 64 KB that are answered', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      right.on('data', (chunk) => right.write(chunk));
      right.on('end', () => right.end());
      const message = pattern(65536);
      for (let i = 0; i < 20; i++) {
        const answer = receive(left, message.length);
        left.write(message);
        expect((await answer).equals(message)).toBe(true);
      }
      left.end();
      expect(await done).toEqual({ aToB: 20 * 65536, bToA: 20 * 65536 });
    });

    test('50 MB', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      const bytes = pattern(50_000_000);
      const arrived = collect(right);
      left.end(bytes);
      expect(digest(await arrived)).toBe(digest(bytes));
      right.end('thanks');
      expect(await collect(left, 'utf8')).toBe('thanks');
      expect(await done).toEqual({ aToB: 50_000_000, bToA: 6 });
    });

    test.each([['a', 0], ['b', 1]])('an end from %s is passed on; the other direction goes on', async (_, first) => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      const [early, late] = first === 0 ? [left, right] : [right, left];
      early.end('question');
      expect(await collect(late, 'utf8')).toBe('question');
      const answer = collect(early, 'utf8');
      late.write('an ');
      await turn(5);
      late.end('answer');
      expect(await answer).toBe('an answer');
      const counts = { aToB: first === 0 ? 8 : 9, bToA: first === 0 ? 9 : 8 };
      expect(await done).toEqual(counts);
    });

    test('the sockets end and close as without a relay', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const seen = [];
      for (const [name, socket] of [['a', a], ['b', b]]) {
        for (const event of ['end', 'finish', 'close', 'error']) {
          socket.on(event, (value) => seen.push([name, event, value]));
        }
      }
      const done = net.relay(a, b);
      left.end('1');
      right.end('2');
      left.resume();
      right.resume();
      await done;
      expect([a.listenerCount('error'), b.listenerCount('error')]).toEqual([1, 1]);
      await Promise.all([closed(a), closed(b)]);
      const sorted = (name) => seen.filter(([socket]) => socket === name)
        .map(([, event, value]) => `${event} ${value}`);
      for (const name of ['a', 'b']) {
        expect(sorted(name).slice(0, 2).sort()).toEqual(['end undefined', 'finish undefined']);
        expect(sorted(name)[2]).toBe('close false');
        expect(sorted(name)).toHaveLength(3);
      }
    });

    test('what JavaScript has read goes out first, then what arrived', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const head = pattern(100_000, 5);
      const rest = pattern(300_000, 6);
      left.write(head);
      while (a.readableLength === 0) await once(a, 'readable');
      a.unshift(a.read(1));
      a.unshift(Buffer.from('head '));
      left.write(rest);
      const done = net.relay(a, b);
      left.end();
      right.end();
      const all = Buffer.concat([Buffer.from('head '), head, rest]);
      expect((await collect(right)).equals(all)).toBe(true);
      expect(await done).toEqual({ aToB: all.length, bToA: 0 });
    });

    test('what was written to the destination goes out first', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const queued = pattern(8_000_000, 7);
      // More than the kernel takes while nobody reads, in several writes.
      for (let at = 0; at < queued.length; at += 1_000_000) b.write(queued.subarray(at, at + 1_000_000));
      b.cork();
      b.write('corked ');
      left.write('first ');
      const done = net.relay(a, b);
      left.end('last');
      right.end();
      const arrived = await collect(right);
      expect(arrived.subarray(0, queued.length).equals(queued)).toBe(true);
      expect(`${arrived.subarray(queued.length)}`).toBe('corked first last');
      expect(await done).toEqual({ aToB: 10, bToA: 0 });
    });

    test('sockets that still connect', async () => {
      const far = await listen(net, { allowHalfOpen: true }, (socket) => socket.pipe(socket));
      const { client: left, peer: a } = await pair(net, net, { client: { allowHalfOpen: true } });
      const b = connect(net, far.at);
      const done = net.relay(a, b);
      left.end('hello');
      expect(await collect(left, 'utf8')).toBe('hello');
      expect(await done).toEqual({ aToB: 5, bToA: 5 });
    });

    test('a source that has ended before', async () => {
      const { left, a, b, right } = await twoPairs(net, { ...kind, own: { allowHalfOpen: true } });
      left.end();
      await once(a.resume(), 'end');
      const done = net.relay(a, b);
      expect(await collect(right, 'utf8')).toBe('');
      right.end('late');
      expect(await collect(left, 'utf8')).toBe('late');
      expect(await done).toEqual({ aToB: 0, bToA: 4 });
    });

    test('a destination that has ended before', async () => {
      const { a, b } = await twoPairs(net, { ...kind, own: { allowHalfOpen: true } });
      b.end();
      expect((await rejection(net.relay(a, b))).code).toBe('ERR_STREAM_WRITE_AFTER_END');
      expect([a.destroyed, b.destroyed]).toEqual([true, true]);
    });

    test.each(['more bytes', 'the end'])('a destination that the program ends meanwhile, then %s of its source',
      async (what) => {
        const { left, a, b, right } = await twoPairs(net, kind);
        for (const socket of [left, right]) socket.on('error', () => {});
        const done = net.relay(a, b);
        const failed = done.catch((error) => error);
        const size = 60_000;
        const there = receive(right, size);
        left.write(pattern(size));
        await there;
        b.end();
        // The engine takes over meanwhile, where the streams have begun.
        const back = receive(left, size);
        right.write(pattern(size));
        await back;
        await turn(5);
        if (what === 'the end') {
          left.end();
          right.end();
          expect(await done).toEqual({ aToB: size, bToA: size });
        } else {
          left.write('more');
          expect((await failed).code).toMatch(/^(EPIPE|ERR_STREAM_WRITE_AFTER_END)$/);
          expect([a.destroyed, b.destroyed]).toEqual([true, true]);
        }
      });

    test('server.shutdown() does not take the connection for idle', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      left.write('one');
      await receive(right, 3);
      const cut = a.server.shutdown();
      expect(a.writableEnded).toBe(false);
      right.end('two');
      expect(await collect(left, 'utf8')).toBe('two');
      left.end();
      expect(await done).toEqual({ aToB: 3, bToA: 3 });
      expect(await cut).toBe(0);
    });

    test('a file that was to be sent before goes out first, and counts', async () => {
      const { path, data } = madeFile(200_000);
      const { left, a, b, right } = await twoPairs(net, kind);
      const atLeft = collect(left);
      const sent = a.sendFile(path);
      const done = net.relay(a, b);
      const bytes = pattern(100_000);
      left.end('ask');
      right.resume().end(bytes);
      expect((await atLeft).equals(Buffer.concat([data, bytes]))).toBe(true);
      expect(await sent).toBe(data.length);
      expect(await done).toEqual({ aToB: 3, bToA: bytes.length });
      expect(a.bytesWritten).toBe(data.length + bytes.length);
    });

    test('a slow reader makes the sender wait', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      const chunk = pattern(1 << 20);
      let sent = 0;
      // Without a bound this would go on for ever.
      while (left.write(chunk) || left.writableLength < 4 << 20) {
        sent += chunk.length;
        if (sent > 200 << 20) break;
        await turn();
      }
      sent += chunk.length;
      expect(sent).toBeLessThan(200 << 20);
      let arrived = 0;
      right.on('data', ({ length }) => { arrived += length; });
      left.end();
      await once(right, 'end');
      right.end();
      expect(arrived).toBe(sent);
      expect((await done).aToB).toBe(sent);
    });

    test('a reset in mid-relay destroys both', async () => {
      const { left, a, b, right } = await twoPairs(net);
      const errors = jest.fn();
      a.on('error', errors);
      const done = rejection(net.relay(a, b));
      left.write('hello');
      expect(`${await receive(right, 5)}`).toBe('hello');
      left.resetAndDestroy();
      const error = await done;
      expect([error.code, error.syscall]).toEqual(['ECONNRESET', 'read']);
      expect(errors).toHaveBeenCalledWith(error);
      await Promise.all([closed(a), closed(b)]);
      // The other end hears of it, too.
      expect(await collect(right, 'utf8')).toBe('');
    });

    test('a reset by the destination of bulk destroys both', async () => {
      const { left, a, b, right } = await twoPairs(net);
      const done = rejection(net.relay(a, b));
      left.on('error', () => {});
      left.write(pattern(30_000_000));
      await once(right, 'data');
      right.resetAndDestroy();
      expect(['ECONNRESET', 'EPIPE']).toContain((await done).code);
      await Promise.all([closed(a), closed(b), closed(left)]);
    });

    test('a socket that the program destroys', async () => {
      const { a, b } = await twoPairs(net, kind);
      const done = rejection(net.relay(a, b));
      a.destroy();
      expect((await done).code).toBe('ERR_STREAM_PREMATURE_CLOSE');
      await closed(b);
      const own = new Error('own');
      const second = await twoPairs(net, kind);
      const failed = rejection(net.relay(second.a, second.b));
      second.b.destroy(own);
      expect(await failed).toBe(own);
      expect(second.a.destroyed).toBe(true);
    });

    test('a socket that is destroyed already', async () => {
      const { a, b } = await twoPairs(net, kind);
      a.destroy();
      expect((await rejection(net.relay(a, b))).code).toBe('ERR_STREAM_PREMATURE_CLOSE');
      expect(b.destroyed).toBe(true);
    });

    test('signal', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const controller = new AbortController();
      const done = rejection(net.relay(a, b, { signal: controller.signal }));
      left.write('hello');
      await receive(right, 5);
      controller.abort(new Error('enough'));
      const error = await done;
      expect([error.name, error.code, error.cause.message]).toEqual(['AbortError', 'ABORT_ERR', 'enough']);
      expect([a.destroyed, b.destroyed]).toEqual([true, true]);
      await Promise.all([closed(a), closed(b)]);
      const next = await twoPairs(net, kind);
      const aborted = rejection(net.relay(next.a, next.b, { signal: AbortSignal.abort() }));
      expect((await aborted).name).toBe('AbortError');
      expect([next.a.destroyed, next.b.destroyed]).toEqual([true, true]);
    });

    test('the signal has no part in a relay that is over', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const controller = new AbortController();
      const removed = jest.spyOn(controller.signal, 'removeEventListener');
      const done = net.relay(a, b, { signal: controller.signal });
      left.end();
      right.end();
      await done;
      expect(removed).toHaveBeenCalledTimes(1);
      controller.abort();
    });

    test('bytesRead and bytesWritten count meanwhile', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const done = net.relay(a, b);
      for (const total of [5, 10]) {
        const arrived = receive(right, 5);
        left.write('hello');
        await arrived;
        // The count may be behind the bytes by a moment.
        while (b.bytesWritten < total) await turn();
        expect([a.bytesRead, a.bytesWritten, b.bytesRead, b.bytesWritten]).toEqual([total, 0, 0, total]);
      }
      left.end();
      right.end();
      await done;
    });

    test('timeout comes when no bytes are relayed, and not before', async () => {
      const { left, a, b, right } = await twoPairs(net, kind);
      const timeout = jest.fn();
      a.setTimeout(200, timeout);
      const done = net.relay(a, b);
      right.resume();
      // Traffic for three times as long.
      const until = Date.now() + 600;
      let longest = 0;
      let last = Date.now();
      while (Date.now() < until) {
        left.write('x');
        await new Promise((resolve) => { setTimeout(resolve, 10); });
        longest = Math.max(longest, Date.now() - last);
        last = Date.now();
      }
      // On a machine that stood still, the socket was idle.
      if (longest < 100) expect(timeout).not.toHaveBeenCalled();
      await once(a, 'timeout');
      left.end();
      right.end();
      await done;
    });

    test('bad arguments', async () => {
      const { a, b } = await twoPairs(net, kind);
      const code = async (...args) => (await rejection(net.relay(...args))).code;
      expect(await code()).toBe('ERR_INVALID_ARG_TYPE');
      expect(await code(a, {})).toBe('ERR_INVALID_ARG_TYPE');
      expect(await code(a, a)).toBe('ERR_INVALID_ARG_VALUE');
      expect(await code(a, b, 1)).toBe('ERR_INVALID_ARG_TYPE');
      expect(await code(a, b, { signal: {} })).toBe('ERR_INVALID_ARG_TYPE');
      a.setEncoding('utf8');
      expect(await code(a, b)).toBe('ERR_INVALID_ARG_VALUE');
      expect([a.destroyed, b.destroyed]).toEqual([false, false]);
    });
  });

  test('a socket of the built-in beside one of rsnet', async () => {
    const { client: left, peer: a } = await pair(rsnet, builtin, { client: { allowHalfOpen: true } });
    const { client: b, peer: right } = await pair(rsnet, rsnet, { server: { allowHalfOpen: true } });
    const done = rsnet.relay(a, b);
    const bytes = pattern(3_000_000);
    left.end(bytes);
    right.end('back');
    expect((await collect(right)).equals(bytes)).toBe(true);
    expect(await collect(left, 'utf8')).toBe('back');
    expect(await done).toEqual({ aToB: bytes.length, bToA: 4 });
  });
});
