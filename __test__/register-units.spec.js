'use strict';

const { HTTP2, TLS, Units } = require('../lib/stream-units');

/**
 * @param {object} format
 * @param {Buffer[]} chunks of one stream
 * @returns {string[]} the units in hex; '|' between the chunks
 */
function cut(format, chunks) {
  const units = new Units(format);
  const found = [];
  chunks.forEach((chunk, i) => {
    if (i > 0) found.push('|');
    for (let start = 0, end; start < chunk.length; start = end) {
      end = units.end(chunk, start);
      found.push(chunk.toString('hex', start, end));
    }
  });
  return found;
}

/**
 * @param {number} type
 * @param {string} [payload] hex
 * @returns {string} an HTTP/2 frame in hex
 */
function frame(type, payload = '') {
  const length = (payload.length / 2).toString(16).padStart(6, '0');
  return `${length}${type.toString(16).padStart(2, '0')}0000000001${payload}`;
}

describe('the units of a stream', () => {
  const records = ['1703030002aabb', '1603030000', '15030300020100'];

  test('records of TLS, however they are cut into chunks', () => {
    const stream = Buffer.from(records.join(''), 'hex');
    expect(cut(TLS, [stream])).toEqual(records);
    for (let at = 1; at < stream.length; at++) {
      const parts = cut(TLS, [stream.subarray(0, at), stream.subarray(at)]);
      expect(parts.filter((part) => part !== '|').join('')).toBe(records.join(''));
      const ends = [7, 12, 19];
      expect(parts.length).toBe(ends.includes(at) ? 4 : 5);
    }
  });

  test('frames of HTTP/2 after the preface', () => {
    const preface = HTTP2.preface.toString('hex');
    const frames = [frame(4), frame(1, 'cc'), frame(1, 'dd'), frame(0, 'ee'), frame(3, '00000008')];
    expect(cut(HTTP2, [Buffer.from(preface + frames.join(''), 'hex')])).toEqual([preface, ...frames]);
    expect(cut(HTTP2, [Buffer.from(frames.join(''), 'hex')])).toEqual(frames);
  });

  test('series of frames that begin and end no request stay together', () => {
    const [data, ping, headers] = [frame(0, 'aa'), frame(6, '0000000000000000'), frame(1, 'bb')];
    const stream = [data, data, data, ping, ping, headers, headers, data].join('');
    expect(cut(HTTP2, [Buffer.from(stream, 'hex')]))
      .toEqual([data + data + data, ping + ping, headers, headers, data]);
  });
});
