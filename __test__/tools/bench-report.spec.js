'use strict';

const { mergeResults } = require('../../tools/bench/report/write');

/**
 * @param {string} date
 * @param {number} load
 * @param {string} [setting]
 * @returns {object} the machine of a run
 */
function machineOf(date, load, setting = 'a machine') {
  return { text: `Measured on ${date}: ${setting}.`, setting, date, load };
}

/**
 * @param {object} machine
 * @param {Record<string, object>} outcomes by scenario, with `measured` if they come from another run
 * @returns {object} results
 */
function resultsOf(machine, outcomes) {
  const entries = Object.entries(outcomes).map(([id, outcome]) => [id, { id, ...outcome }]);
  return { suite: 'programs', machine, peers: [{ id: 'node-24' }], outcomes: Object.fromEntries(entries) };
}

describe('results that take rows from an earlier run', () => {
  const older = resultsOf(machineOf('2026-01-03', 0.4), {
    http: {}, https: {},
    ws: { measured: { setting: 'a machine', date: '2026-01-02', load: 1.25 } },
    pg: { measured: { setting: 'a machine', date: '2026-01-02', load: 0.5 } },
    mqtt: { measured: { setting: 'another', date: '2026-01-01', load: 2 } },
  });

  test('say when those were measured, and where if that was elsewhere', () => {
    const merged = mergeResults(resultsOf(machineOf('2026-01-04', 0.1), { http: { new: true } }), older);
    expect(merged.machine.text.split('\n\n')).toEqual([
      'Measured on 2026-01-04: a machine.',
      'Other rows: 2 on 2026-01-02 (load average before the start 0.50 to 1.25), ' +
        '1 on 2026-01-03 (load average before the start 0.40).',
      'Other rows: 1 on 2026-01-01 (load average before the start 2.00); another.',
    ]);
    expect(merged.outcomes).toEqual({ ...older.outcomes, http: { id: 'http', new: true } });
  });

  test('say nothing of a run whose rows have all been measured again', () => {
    const all = Object.fromEntries(Object.keys(older.outcomes).map((id) => [id, { new: true }]));
    const merged = mergeResults(resultsOf(machineOf('2026-01-04', 0.1), all), older);
    expect(merged.machine.text).toBe('Measured on 2026-01-04: a machine.');
    expect(Object.keys(merged.outcomes)).toEqual(Object.keys(older.outcomes));
  });
});
