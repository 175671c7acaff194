'use strict';

/**
 * Traces: what a scenario makes observable, recorded on the built-in and on rsnet, and compared.
 *
 * A scenario is `async (t) => {}` with `t.net` as the implementation under test. Entries are kept for each
 * label (usually one for each socket), since the order between two sockets is up to the kernel, while the
 * order within one is what Node promises.
 */

const { builtin, only, rsnet } = require('./implementations');
const resources = require('./resources');

/** Events that tell of listeners, not of the socket. */
const IGNORED = new Set(['newListener', 'removeListener']);

class Trace {
  /**
   * @param {typeof import('net')} net implementation under test
   */
  constructor(net) {
    this.net = net;
    this.labels = {};
    this.names = new Map();
    this.objects = new Map();
    this.finished = false;
  }

  /**
   * Show a value that differs between runs (a port, a path) by a name, also inside messages.
   *
   * @param {number | string} value
   * @param {string} name
   * @returns {number | string} the value
   */
  name(value, name) {
    this.names.set(value, `<${name}>`);
    return value;
  }

  /**
   * Listen as `resources.listen` does; the port or path is shown as `<server>`.
   *
   * @param {object} [options]
   * @param {Function} [onConnection]
   * @returns {Promise<import('net').Server>}
   */
  async listen(options, onConnection) {
    const server = await resources.listen(this.net, options, onConnection);
    this.name(server.at.port || server.at.path, 'server');
    return server;
  }

  /**
   * Record something under a label.
   *
   * @param {string} label
   * @param {...any} values
   * @returns {void}
   */
  note(label, ...values) {
    if (this.finished) return;
    const entries = this.labels[label] || (this.labels[label] = []);
    entries.push(values.map((value) => this.plain(value)));
  }

  /**
   * Call and record what is returned or thrown.
   *
   * @param {string} label
   * @param {string} what
   * @param {() => any} call
   * @returns {any} what was returned
   */
  call(label, what, call) {
    let value;
    try {
      value = call();
    } catch (error) {
      this.note(label, what, 'throws', error);
      return undefined;
    }
    this.note(label, what, 'returns', value);
    return value;
  }

  /**
   * Record every event that an emitter emits, whether or not somebody listens, and release it after the test.
   * Adjacent 'data' events become one, since how bytes are cut into chunks is up to the kernel.
   *
   * @template T
   * @param {T} emitter
   * @param {string} label
   * @param {{only?: string[], except?: string[], props?: string[]}} [options] events to record or to leave
   *   out; properties to record with each event
   * @returns {T}
   */
  watch(emitter, label, options = {}) {
    this.objects.set(emitter, `<${label}>`);
    resources.track(emitter);
    const emit = emitter.emit;
    emitter.emit = (event, ...args) => {
      if (
        !IGNORED.has(event) &&
        (!options.only || options.only.includes(event)) &&
        !(options.except && options.except.includes(event))
      ) {
        this.event(emitter, label, event, args, options.props);
      }
      return emit.call(emitter, event, ...args);
    };
    return emitter;
  }

  /**
   * Record one event.
   *
   * @param {object} emitter
   * @param {string} label
   * @param {string} event
   * @param {any[]} args
   * @param {string[]} [props]
   * @returns {void}
   */
  event(emitter, label, event, args, props) {
    if (this.finished) return;
    const entries = this.labels[label] || (this.labels[label] = []);
    const last = entries[entries.length - 1];
    const shown = args.map((value) => this.plain(value));
    if (event === 'data' && !props && last && last[0] === 'data' && typeof shown[0] === typeof last[1]) {
      last[1] = typeof shown[0] === 'string' ? last[1] + shown[0] : { bytes: last[1].bytes + shown[0].bytes };
      return;
    }
    const entry = [event, ...shown];
    if (props) entry.push(this.plain(Object.fromEntries(props.map((prop) => [prop, emitter[prop]]))));
    entries.push(entry);
  }

  /**
   * Record when ticks and microtasks queued now run, relative to the label's other entries.
   *
   * @param {string} label
   * @param {string} name
   * @returns {void}
   */
  ticks(label, name) {
    process.nextTick(() => this.note(label, `${name}: tick`));
    Promise.resolve().then(() => this.note(label, `${name}: microtask`));
  }

  /**
   * A callback that records its arguments.
   *
   * @param {string} label
   * @param {string} name
   * @param {Function} [then] called afterwards with the same arguments
   * @returns {Function}
   */
  callback(label, name, then) {
    return (...args) => {
      this.note(label, name, ...args);
      if (then) then(...args);
    };
  }

  /**
   * The comparable form of a value.
   *
   * @param {any} value
   * @returns {any}
   */
  plain(value) {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.names.get(value) || value;
    if (typeof value === 'function') return `[function ${value.name}]`;
    if (typeof value === 'symbol') return String(value);
    if (value === null || typeof value !== 'object') return value;
    if (this.objects.has(value)) return this.objects.get(value);
    if (Buffer.isBuffer(value)) return { bytes: this.text(value.toString('latin1')) };
    if (typeof value.message === 'string' && typeof value.stack === 'string') return this.error(value);
    if (typeof value.emit === 'function') return `[${value.constructor.name}]`;
    if (Array.isArray(value)) return value.map((item) => this.plain(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.plain(item)]));
  }

  /**
   * The comparable form of an error: class, code, errno, syscall, address, port, message, and the errors
   * inside.
   *
   * @param {Error} error
   * @returns {object}
   */
  error(error) {
    const shown = { class: error.constructor.name, name: error.name, message: this.text(error.message) };
    for (const key of [
      'code',
      'errno',
      'syscall',
      'hostname',
      'address',
      'port',
      'localAddress',
      'localPort',
    ]) {
      if (key in error) shown[key] = this.plain(error[key]);
    }
    if (Array.isArray(error.errors)) shown.errors = error.errors.map((inner) => this.plain(inner));
    if (error.cause !== undefined) shown.cause = this.plain(error.cause);
    return shown;
  }

  /**
   * Text with the named values, and a client's own port, replaced.
   *
   * @param {string} text
   * @returns {string}
   */
  text(text) {
    for (const [value, name] of this.names) {
      if (typeof value === 'string') text = text.split(value).join(name);
      else text = text.replace(new RegExp(`(?<!\\d)${value}(?!\\d)`, 'g'), name);
    }
    return text.replace(/(Local \([^)]*:)[1-9]\d*\)/, '$1<local>)');
  }
}

/**
 * Record a scenario on one implementation. What happens after the scenario has returned is not recorded: it
 * waits for all that it wants compared.
 *
 * @param {typeof import('net')} net
 * @param {(t: Trace) => Promise<void> | void} scenario
 * @returns {Promise<object>} entries by label
 */
async function record(net, scenario) {
  const trace = new Trace(net);
  await scenario(trace);
  trace.finished = true;
  await resources.release();
  return trace.labels;
}

/**
 * Define a test: the scenario's trace on rsnet equals that on the built-in.
 *
 * @param {string} title
 * @param {(t: Trace) => Promise<void> | void} scenario
 * @returns {void}
 */
function traceTest(title, scenario) {
  test(title, async () => {
    const expected = await record(builtin, scenario);
    expect(Object.keys(expected)).not.toHaveLength(0);
    const actual = await record(only === 'builtin' ? builtin : rsnet, scenario);
    expect(actual).toEqual(expected);
  });
}

module.exports = { Trace, record, traceTest };
