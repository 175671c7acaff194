'use strict';

// Pipes of two sockets in bulk, whose bytes the engine moves: ends, errors and timeouts. Every spec runs on
// the built-in, too.

const { finished, pipeline } = require('stream');
const { closed, collect, once, turn } = require('../helpers');
const { bytes, describePipes } = require('../helpers/piped');
const { twoPairs } = require('../helpers/relayed');

describePipes(({ midStream, net, oneWay, recorded }) => {
  test('finished() of both', async () => {
    const { a, b, right } = await oneWay();
    const over = [a, b].map((socket) => new Promise((resolve) => {
      finished(socket, { readable: socket === a, writable: socket === b }, resolve);
    }));
    expect((await collect(right)).equals(bytes)).toBe(true);
    expect(await Promise.all(over)).toEqual([undefined, undefined]);
  });

  test('end() of the destination ends the pipe', async () => {
    const { left, a, b, right } = await oneWay();
    const atA = recorded(a);
    const atB = recorded(b);
    b.end();
    const arrived = await collect(right);
    expect(arrived.equals(bytes.subarray(0, arrived.length))).toBe(true);
    // If the pipe has more at once, that is an error.
    if (atB.length > 2) expect(atB).toEqual(['unpipe', expect.stringMatching('write after end'), 'close true']);
    else expect(atB.sort()).toEqual(['finish', 'unpipe']);
    expect([atA, a.isPaused()]).toEqual([[], true]);
    left.destroy();
    for (const socket of [a, b]) socket.destroy();
    await Promise.all([closed(a), closed(b)]);
  });

  test('destroy() of the source: what it has read goes out', async () => {
    const { a, b, right } = await oneWay();
    const atA = recorded(a);
    const { bytesRead } = a;
    a.destroy();
    await closed(a);
    expect(atA).toEqual(['close false']);
    b.end();
    const arrived = await collect(right);
    expect(arrived.length).toBeGreaterThan(0);
    expect(arrived.length).toBeLessThanOrEqual(bytesRead);
    expect(arrived.equals(bytes.subarray(0, arrived.length))).toBe(true);
  });

  test('destroy() of the destination unpipes, and the source waits', async () => {
    const { a, b, left } = await oneWay();
    const [atA, atB] = [recorded(a), recorded(b)];
    b.destroy(new Error('own'));
    await closed(b);
    expect(atB).toEqual(['unpipe', 'error Error: own', 'close true']);
    expect([atA, a.destroyed, a.readableFlowing]).toEqual([[], false, false]);
    a.destroy();
    left.destroy();
  });

  /** Lets `left` write until it is told to stop, and `right` read. Resolves in mid-stream. */
  async function flowing({ left, a, right }) {
    let goesOn = true;
    const feed = () => {
      while (goesOn && left.write(bytes.subarray(0, 65536)));
    };
    left.on('drain', feed);
    right.resume();
    for (const socket of [left, right]) socket.on('error', () => {});
    feed();
    await midStream(a);
    return () => { goesOn = false; };
  }

  /** @returns {Promise<string>} the first one of the events */
  const eventOf = (socket, events) => Promise.race(events.map((event) => new Promise((resolve) => {
    socket.once(event, () => resolve(event));
  })));

  /** libuv takes a reset behind a short read for an end, in some versions. */
  const seesEnd = (event) => event === 'end';

  test('a source that is reset', async () => {
    const sockets = await twoPairs(net, { own: { allowHalfOpen: true } });
    const { left, a, b } = sockets;
    const [atA, atB] = [recorded(a), recorded(b)];
    a.pipe(b);
    const stop = await flowing(sockets);
    stop();
    left.resetAndDestroy();
    if (seesEnd(await eventOf(a, ['error', 'end']))) return;
    await closed(a);
    expect(atA).toEqual(['error Error: read ECONNRESET', 'close true']);
    expect([atB, b.destroyed, b.writable]).toEqual([[], false, true]);
    b.destroy();
  });

  test('pipeline() destroys both when the source is reset', async () => {
    const sockets = await twoPairs(net, { own: { allowHalfOpen: true } });
    const { left, a, b } = sockets;
    const [atA, atB] = [recorded(a), recorded(b)];
    const failed = new Promise((resolve) => { pipeline(a, b, resolve); });
    const stop = await flowing(sockets);
    stop();
    left.resetAndDestroy();
    if (seesEnd(await eventOf(a, ['error', 'end']))) return;
    expect(await failed).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    await Promise.all([closed(a), closed(b)]);
    expect(atA).toEqual(['error Error: read ECONNRESET', 'close true']);
    expect(atB).toEqual(['unpipe', 'error Error: read ECONNRESET', 'close true']);
  });

  test('a destination that is reset', async () => {
    const { a, b, right, left } = await oneWay();
    const [atA, atB] = [recorded(a), recorded(b)];
    right.resetAndDestroy();
    await closed(b);
    // The order of both differs by who has found the reset.
    expect(atB.at(-1)).toBe('close true');
    expect(atB).toContain('unpipe');
    const error = atB.find((event) => event.startsWith('error'));
    expect(error).toMatch(/^error Error: (read ECONNRESET|write EPIPE|write ECONNRESET)$/);
    expect([atA, a.destroyed]).toEqual([[], false]);
    a.destroy();
    left.destroy();
  });

  test('traffic holds off timeouts, and they come without it', async () => {
    const { left, a, b, right } = await twoPairs(net, { own: { allowHalfOpen: true } });
    const timeouts = [jest.fn(), jest.fn()];
    a.setTimeout(1000, timeouts[0]);
    b.setTimeout(1000, timeouts[1]);
    a.pipe(b);
    right.resume();
    const until = Date.now() + 1500;
    let longest = 0;
    let last = Date.now();
    while (Date.now() < until) {
      const room = left.write(bytes.subarray(0, 500_000));
      if (!room) await once(left, 'drain');
      await turn();
      longest = Math.max(longest, Date.now() - last);
      last = Date.now();
    }
    if (longest < 500) for (const timeout of timeouts) expect(timeout).not.toHaveBeenCalled();
    await Promise.all([once(a, 'timeout'), once(b, 'timeout')]);
    left.end();
  });
});
