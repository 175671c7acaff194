'use strict';

// PROXY headers of somebody who means harm: random bytes, and headers with bytes changed.

const fallback = require('../../lib/fallback');
const { parseHeader } = require('../../lib/api/proxy-protocol/parse');
const { connect, describeRsnet, listen } = require('../helpers');
const { random: generator } = require('../helpers/random');
const { headers } = require('./headers');

const STATES = ['more', 'absent', 'invalid', 'large', 'done'];
const LIMIT = 512;

/**
 * Parses bytes, and checks what must hold of any answer.
 *
 * @param {Buffer} bytes
 * @returns {string} the state
 */
function parse(bytes) {
  const before = Buffer.from(bytes);
  const { state, needed, length, header } = parseHeader(bytes, LIMIT);
  if (!STATES.includes(state)) throw new Error(`state ${state}`);
  if (state === 'more' && !(needed > bytes.length && needed <= LIMIT)) throw new Error(`needs ${needed}`);
  if (state === 'done') {
    if (!(length > 0 && length <= bytes.length && length <= LIMIT)) throw new Error(`length ${length}`);
    let size = 0;
    for (const value of header.tlvs.values()) size += value.length;
    if (size > length) throw new Error(`${size} bytes of values`);
  }
  if (!before.equals(bytes)) throw new Error('it has written');
  return state;
}

test.each(headers)('%s, with bytes changed, inserted, repeated and cut', (title, bytes) => {
  const random = generator(bytes.length);
  for (let i = 0; i < 4000; i++) {
    const mutated = [...bytes];
    for (let n = random(4); n >= 0; n--) {
      const at = random(mutated.length + 1);
      const kind = random(4);
      if (kind === 0) mutated[at] = random(256);
      else if (kind === 1) mutated.splice(at, 0, random(256));
      else if (kind === 2) mutated.splice(at, random(8));
      else mutated.splice(at, 0, ...mutated.slice(at, at + random(40)));
    }
    parse(Buffer.from(mutated.map((byte) => byte ?? 0)));
  }
});

test('random bytes, behind a signature and without one', () => {
  const random = generator(1);
  const [, binary] = headers.find(([title]) => title === 'version 2, IPv4');
  const beginnings = [Buffer.alloc(0), Buffer.from('PROXY '), binary.subarray(0, 12)];
  const seen = new Set();
  for (let i = 0; i < 12000; i++) {
    const bytes = Buffer.from(Array.from({ length: random(80) }, () => random(256)));
    // Mostly a command and a family that exist.
    const isUsual = i % 3 === 2 && bytes.length > 4 && random(4) > 0;
    if (isUsual) bytes.set([0x21, [0x11, 0x21, 0x31, 0][random(4)], 0, random(64)]);
    seen.add(parse(Buffer.concat([beginnings[i % 3], bytes])));
  }
  expect([...seen].sort()).toEqual([...STATES].sort());
});

describeRsnet('a server', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    test('survives what comes in any pieces, and then serves as before', async () => {
      const random = generator(7);
      const server = await listen(net, { proxyProtocol: { mode: 'required', timeout: 1000 } }, (socket) => {
        socket.on('error', () => {});
        socket.end('hello');
        socket.resume();
      });
      let errors = 0;
      server.on('proxyError', () => errors++);
      await Promise.all(Array.from({ length: 40 }, (_, i) => new Promise((resolve) => {
        const client = connect(net, server.at).on('error', () => {}).on('close', resolve);
        client.resume();
        const bytes = Buffer.from(headers[i % headers.length][1]);
        bytes[random(bytes.length)] ^= 1 << random(8);
        const cut = random(bytes.length);
        client.write(bytes.subarray(0, cut));
        client.end(bytes.subarray(cut));
      })));
      expect(errors).toBeGreaterThan(0);
      expect(server.connections.size).toBe(0);
      const client = connect(net, server.at);
      client.end(headers[0][1]);
      const answer = [];
      for await (const chunk of client) answer.push(chunk);
      expect(Buffer.concat(answer).toString()).toBe('hello');
    });
  });
});
