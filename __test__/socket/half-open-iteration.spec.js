'use strict';

// destroyOnIterationEnd: false, with which a half-open socket outlives the loop that reads it to its end.

const { builtin, closed, describeRsnet, once, pair, receive, thrownBy } = require('../helpers');
const fallback = require('../../lib/fallback');

describeRsnet('a half-open socket that for await reads', (rsnet) => {
  const implementations = [['rsnet', rsnet], ['without a binary', fallback]];
  const halfOpen = { allowHalfOpen: true, destroyOnIterationEnd: false };

  describe.each(implementations)('%s', (_title, net) => {
    test.each([['TCP', {}], ['a Unix-domain path', { path: true }]])('stays writable after the end: %s',
      async (_kind, options) => {
        const { client, peer } = await pair(net, net, { ...options, server: halfOpen });
        client.end('question');
        let text = '';
        for await (const chunk of peer) text += chunk;
        expect([text, peer.destroyed, peer.writable]).toEqual(['question', false, true]);
        const answer = receive(client, 6);
        peer.end('answer');
        expect(String(await answer)).toBe('answer');
        await Promise.all([closed(peer), closed(client)]);
      });

    test('of a client, twice', async () => {
      const { client, peer } = await pair(net, net, { client: halfOpen });
      peer.end('text');
      for (const expected of ['text', '']) {
        let text = '';
        for await (const chunk of client) text += chunk;
        expect([text, client.destroyed]).toEqual([expected, false]);
      }
      client.destroy();
    });

    test('is destroyed when the loop is left, or fails', async () => {
      for (const leave of [() => true, () => { throw new Error('left'); }]) {
        const { client, peer } = await pair(net, net, { server: halfOpen });
        client.on('error', () => {}).write('question');
        const loop = async () => {
          for await (const _chunk of peer) if (leave()) break;
        };
        await loop().catch(({ message }) => expect(message).toBe('left'));
        expect(peer.destroyed).toBe(true);
        client.destroy();
      }
    });

    test('an error ends the loop with it', async () => {
      const { client, peer } = await pair(net, net, { server: halfOpen });
      const loop = (async () => {
        for await (const _chunk of peer) client.resetAndDestroy();
      })();
      client.write('question');
      await expect(loop).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(peer.destroyed).toBe(true);
    });

    test('without the option, or with true, it is as Node has it', async () => {
      // Lines of Node differ.
      const destroyed = [];
      for (const [of, options] of [[builtin, {}], [net, {}], [net, { destroyOnIterationEnd: true }]]) {
        const { client, peer } = await pair(of, of, { server: { allowHalfOpen: true, ...options } });
        const gone = once(client.resume(), 'close');
        client.end('question');
        for await (const chunk of peer) expect(String(chunk)).toBe('question');
        destroyed.push(peer.destroyed);
        peer.end();
        await gone;
      }
      expect(destroyed.slice(1)).toEqual([destroyed[0], destroyed[0]]);
    });

    test('what is no boolean is thrown', () => {
      const error = { code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('options.destroyOnIterationEnd') };
      for (const value of [0, null, 'no']) {
        expect(thrownBy(() => new net.Socket({ destroyOnIterationEnd: value }))).toMatchObject(error);
        expect(thrownBy(() => net.createServer({ destroyOnIterationEnd: value }))).toMatchObject(error);
      }
    });
  });
});
