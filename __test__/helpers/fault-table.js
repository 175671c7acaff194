'use strict';

const { implementations } = require('./implementations');
const { turn } = require('./events');
const resources = require('./resources');
const { addedSince, holdings, meet } = require('./fault-proxy');
const { FAULTS, POINTS, suffer } = require('./fault-points');
const { traceTest } = require('./trace');

/** What the subject is left with, whatever happened. */
const PROPERTIES = [
  'destroyed', 'closed', 'connecting', 'pending', 'readyState', 'bytesWritten', 'writableLength', 'writableEnded',
  'writableFinished', 'readableEnded', 'readableAborted', 'allowHalfOpen',
];

/**
 * One cell of the table, as a scenario of a trace.
 *
 * @param {object} how of `meet`: side and path
 * @param {import('./fault-points').Point} point
 * @param {import('./fault-points').Fault} fault
 * @returns {(t: import('./trace').Trace) => Promise<void>}
 */
function cell(how, point, fault) {
  return async (t) => {
    const except = [...(point.loose ? ['data', 'readable'] : []), ...(fault.unseen ?? [])];
    const c = await meet(t, { ...how, options: point.options, stopped: point.stopped, watch: { except } });
    c.t = t;
    c.written = (name, data) =>
      t.call('subject', name, () => c.subject.write(data, t.callback('subject', `${name} written`)));
    c.ended = (name, data) =>
      t.call('subject', name, () => void c.subject.end(data, t.callback('subject', `${name} done`)));
    await suffer(c, point, fault);
    await turn(3);
    t.note('subject', Object.fromEntries(PROPERTIES.map((key) => [key, c.subject[key]])));
    t.note('subject', 'errored', c.subject.errored);
    if (!point.loose) t.note('subject', 'bytesRead', c.subject.bytesRead);
    t.note('subject', 'handle', c.subject._handle);
  };
}

/**
 * Define the table of faults over one transport: each fault at each point, the subject on either side. After
 * each no descriptor and no handle may be left.
 *
 * @param {boolean} path whether over Unix-domain sockets
 * @returns {void}
 */
function defineTable(path) {
  let before;
  beforeAll(async () => {
    // What a first connection of each implementation loads stays.
    for (const [, net] of implementations) await resources.pair(net, net, { path });
    await resources.release();
    await turn(2);
    before = holdings();
  });
  afterEach(async () => {
    await turn(2);
    expect(addedSince(before)).toEqual([]);
  });

  describe.each(['client', 'server'])('as a %s', (side) => {
    for (const point of POINTS) {
      describe(point.title, () => {
        for (const fault of FAULTS) {
          if ((path && fault.tcp) || point.without?.includes(fault.title)) continue;
          traceTest(fault.title, cell({ side, path }, point, fault));
        }
      });
    }
  });
}

module.exports = { defineTable };
