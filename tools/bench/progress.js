'use strict';

const { StatusLine } = require('../lib/status');
const { formatMetric } = require('./report/format');

/** Shows what goes on, on standard error: a line that changes if that is a terminal, and what stays. */
class Progress {
  /**
   * @param {number} total scenarios to run
   * @param {NodeJS.WriteStream} [out]
   */
  constructor(total, out = process.stderr) {
    this.total = total;
    this.line = new StatusLine({ out, interval: Infinity });
    this.scenario = 0;
    this.latest = {};
    this.started = Date.now();
  }

  /**
   * A line that stays.
   * @param {string} text
   */
  notice(text) {
    this.line.notice(text);
  }

  /** A scenario begins. */
  begin() {
    this.scenario++;
    this.latest = {};
  }

  /**
   * A turn begins.
   * @param {import('./scenarios').Scenario} scenario
   * @param {import('./peers').Peer} peer
   * @param {number} turn from 0
   * @param {number} turns
   */
  turn(scenario, peer, turn, turns) {
    const done = Object.entries(this.latest).map(([id, text]) => `${id} ${text}`).join(', ');
    const place = `[${this.scenario}/${this.total}] ${scenario.title}, turn ${turn + 1}/${turns}`;
    this.line.show(() => `${place}: ${peer.id} runs${done ? `; ${done}` : ''}`);
  }

  /**
   * A turn gave a result.
   * @param {import('./scenarios').Scenario} scenario
   * @param {import('./peers').Peer} peer
   * @param {import('./turn').Result} result
   */
  result(scenario, peer, result) {
    const metric = scenario.metric ?? 'rate';
    this.latest[peer.id] = formatMetric(scenario, metric, result[metric]);
  }

  /**
   * A scenario ended.
   * @param {import('./scenarios').Scenario} scenario
   * @param {string} summary
   */
  end(scenario, summary) {
    const passed = Date.now() - this.started;
    const rest = (passed / this.scenario) * (this.total - this.scenario);
    const times = `${Math.round(passed / 1000)} s, about ${Math.ceil(rest / 60_000)} min left`;
    this.notice(`[${this.scenario}/${this.total}] ${scenario.title}: ${summary} (${times})`);
  }
}

module.exports = { Progress };
