'use strict';

// The errors of Node's `net`: the same class, `code`, message, own properties in the same order, `toString()` and stack
// header. Texts follow the chapter "Errors" of Node's documentation, and the built-in's output where that is silent.

const { format, inspect, getSystemErrorName, getSystemErrorMap } = require('util');

/**
 * The symbol by which Node knows its coded errors when it writes a stack header (`TypeError [ERR_X]: message`), taken
 * from one of Node's errors. Undefined where Node has none.
 */
const kIsNodeError = findNodeErrorMark();

/** @returns {symbol|undefined} kIsNodeError */
function findNodeErrorMark() {
  try {
    // @ts-expect-error: without an argument it throws.
    Buffer.from();
  } catch (error) {
    for (let object = error; object !== null; object = Object.getPrototypeOf(object)) {
      const mark = Object.getOwnPropertySymbols(object)
        .find((symbol) => symbol.description === 'kIsNodeError');
      if (mark !== undefined) return mark;
    }
  }
  return undefined;
}

/**
 * Defines a property that is not enumerable.
 * @param {object} object
 * @param {string|symbol} key
 * @param {*} value
 */
function hide(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * Where Node has no mark, formats the stack under a temporary name.
 * @param {Error} error with its `code` and `message`
 */
function writeStackHeader(error) {
  if (kIsNodeError !== undefined) return;
  const { name } = error;
  hide(error, 'name', `${name} [${error.code}]`);
  void error.stack;
  delete /** @type {Partial<Error>} */ (error).name;
}

/**
 * Makes the class that coded errors of one kind derive from.
 * @param {ErrorConstructor} Base `Error`, `TypeError` or `RangeError`
 * @returns {new (message?: string) => Error}
 */
function codedBase(Base) {
  /** Node's `toString` has the code. */
  class NodeErrorBase extends Base {
    /** @returns {string} */
    toString() {
      return `${this.name} [${this.code}]: ${this.message}`;
    }
  }
  hide(NodeErrorBase.prototype, 'constructor', Base);
  if (kIsNodeError !== undefined) hide(NodeErrorBase.prototype, kIsNodeError, true);
  return NodeErrorBase;
}

const NodeError = codedBase(Error);
const NodeTypeError = codedBase(TypeError);
const NodeRangeError = codedBase(RangeError);

/**
 * Makes the constructor of one coded error.
 * @param {string} code
 * @param {new (message?: string) => Error} Base a result of `codedBase`
 * @param {Function|string} text the message with `%s` for each argument; or a function that makes it from the
 *   arguments, with the new error as `this`
 * @returns {new (...args: *[]) => Error}
 */
function define(code, Base, text) {
  /** V8 leaves the frames of a derived class's constructor out of the stack. */
  class CodedError extends Base {
    constructor(...args) {
      if (typeof text === 'string') {
        super(format(text, ...args));
        this.code = code;
      } else {
        super();
        this.code = code;
        hide(this, 'message', Reflect.apply(text, this, args));
      }
      writeStackHeader(this);
    }
  }
  hide(CodedError.prototype, 'constructor', Object.getPrototypeOf(Base));
  return CodedError;
}

/**
 * @param {string[]} items
 * @param {string} conjunction 'or' or 'and'
 * @returns {string} `a`, `a or b`, `a, b, or c`
 */
function enumerate(items, conjunction) {
  if (items.length < 3) return items.join(` ${conjunction} `);
  return `${items.slice(0, -1).join(', ')}, ${conjunction} ${items[items.length - 1]}`;
}

/**
 * @param {*} value
 * @returns {string} as in "Received ..."
 */
function describe(value) {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    if (value.constructor?.name) return `an instance of ${value.constructor.name}`;
    return inspect(value, { depth: -1 });
  }
  if (typeof value === 'string') {
    const text = value.length > 28 ? `${value.slice(0, 25)}...` : value;
    return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
  }
  return `type ${typeof value} (${inspect(value)})`;
}

const PRIMITIVE_NAMES = new Set(
  ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol']);
const CLASS_NAME = /^([A-Z][a-z0-9]*)+$/;

/**
 * @param {string|string[]} expected names of types and classes, or free text
 * @returns {string} `of type a`, `an instance of B`, `one of c or d`, joined by "or"
 */
function describeExpected(expected) {
  const types = [];
  const classes = [];
  const others = [];
  for (const item of Array.isArray(expected) ? expected : [expected]) {
    if (PRIMITIVE_NAMES.has(item)) types.push(item.toLowerCase());
    else if (CLASS_NAME.test(item)) classes.push(item);
    else others.push(item);
  }
  // Beside classes, 'object' counts as a class.
  if (classes.length > 0 && types.includes('object')) {
    types.splice(types.indexOf('object'), 1);
    classes.push('Object');
  }
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of' : 'of'} type ${enumerate(types, 'or')}`);
  if (classes.length > 0) parts.push(`an instance of ${enumerate(classes, 'or')}`);
  if (others.length > 1) {
    parts.push(`one of ${enumerate(others, 'or')}`);
  } else if (others.length === 1) {
    parts.push(others[0].toLowerCase() === others[0] ? others[0] : `an ${others[0]}`);
  }
  return parts.join(' or ');
}

/**
 * @param {string} name of an argument, or of a property if it has a dot
 * @returns {string} the beginning of a sentence about it
 */
function subject(name) {
  if (name.endsWith(' argument')) return `The ${name}`;
  return `The "${name}" ${name.includes('.') ? 'property' : 'argument'}`;
}

/**
 * @param {string} text a number
 * @returns {string} with `_` between groups of three characters; Node groups the characters of an exponent, too
 */
function groupDigits(text) {
  const sign = text.startsWith('-') ? '-' : '';
  return sign + text.slice(sign.length).replace(/(?!^)(?=(...)+$)/g, '_');
}

/**
 * @param {*} value
 * @returns {string} as in messages about ranges
 */
function describeNumber(value) {
  const large = Number.isInteger(value) && Math.abs(value) > 2 ** 32;
  if (large) return groupDigits(String(value));
  if (typeof value === 'bigint') {
    const text = String(value);
    return `${value > 2n ** 32n || value < -(2n ** 32n) ? groupDigits(text) : text}n`;
  }
  return inspect(value);
}

/** Constructors by code. */
const codes = {
  ERR_FEATURE_UNAVAILABLE_ON_PLATFORM: define('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', NodeTypeError,
    'The feature %s is unavailable on the current platform, which is being used to run Node.js'),
  ERR_INVALID_ADDRESS_FAMILY: define('ERR_INVALID_ADDRESS_FAMILY', NodeRangeError,
    /**
     * @this {*}
     * @param {*} family
     * @param {string} host
     * @param {number} port
     */
    function(family, host, port) {
      this.host = host;
      this.port = port;
      return `Invalid address family: ${family} ${host}:${port}`;
    }),
  ERR_INVALID_ARG_TYPE: define('ERR_INVALID_ARG_TYPE', NodeTypeError, (name, expected, actual) => (
    `${subject(name)} must be ${describeExpected(expected)}. Received ${describe(actual)}`)),
  ERR_INVALID_ARG_VALUE: define('ERR_INVALID_ARG_VALUE', NodeTypeError,
    (name, value, reason = 'is invalid') => {
      let text = inspect(value);
      if (text.length > 128) text = `${text.slice(0, 128)}...`;
      return `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${text}`;
    }),
  ERR_INVALID_FD_TYPE: define('ERR_INVALID_FD_TYPE', NodeTypeError, 'Unsupported fd type: %s'),
  ERR_INVALID_HANDLE_TYPE: define('ERR_INVALID_HANDLE_TYPE', NodeTypeError, (lacks) => (
    lacks === undefined ? 'This handle type cannot be sent' : `This handle type has no ${lacks}`)),
  ERR_INVALID_IP_ADDRESS: define('ERR_INVALID_IP_ADDRESS', NodeTypeError, 'Invalid IP address: %s'),
  ERR_IP_BLOCKED: define('ERR_IP_BLOCKED', NodeError, (ip) => `IP(${ip}) is blocked by net.BlockList`),
  ERR_MISSING_ARGS: define('ERR_MISSING_ARGS', NodeTypeError, (...names) => {
    const quote = (name) => (Array.isArray(name) ? name.map(quote).join(' or ') : `"${name}"`);
    const list = enumerate(names.map(quote), 'and');
    return `The ${list} argument${names.length > 1 ? 's' : ''} must be specified`;
  }),
  ERR_OUT_OF_RANGE: define('ERR_OUT_OF_RANGE', NodeRangeError, (name, range, received) => (
    `The value of "${name}" is out of range. It must be ${range}. Received ${describeNumber(received)}`)),
  ERR_SERVER_ALREADY_LISTEN: define('ERR_SERVER_ALREADY_LISTEN', NodeError,
    'Listen method has been called more than once without closing.'),
  ERR_SERVER_NOT_RUNNING: define('ERR_SERVER_NOT_RUNNING', NodeError, 'Server is not running.'),
  ERR_SOCKET_BAD_PORT: define('ERR_SOCKET_BAD_PORT', NodeRangeError, (name, port, allowZero = true) => (
    `${name} should be ${allowZero ? '>=' : '>'} 0 and < 65536. Received ${describe(port)}.`)),
  ERR_SOCKET_CLOSED: define('ERR_SOCKET_CLOSED', NodeError, 'Socket is closed'),
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: define('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', NodeError,
    'Socket closed before the connection was established'),
  ERR_SOCKET_CONNECTION_TIMEOUT: define('ERR_SOCKET_CONNECTION_TIMEOUT', NodeError,
    'Socket connection timeout'),
  ERR_SOCKET_HANDLE_ADOPTED: define('ERR_SOCKET_HANDLE_ADOPTED', NodeError,
    'The bound socket has already been adopted by a server or socket'),
  ERR_STREAM_DESTROYED: define('ERR_STREAM_DESTROYED', NodeError,
    'Cannot call %s after a stream was destroyed'),
  ERR_STREAM_PREMATURE_CLOSE: define('ERR_STREAM_PREMATURE_CLOSE', NodeError, 'Premature close'),
  ERR_STREAM_WRITE_AFTER_END: define('ERR_STREAM_WRITE_AFTER_END', NodeError, 'write after end'),
  ERR_WORKER_HANDLE_NOT_TRANSFERABLE: define('ERR_WORKER_HANDLE_NOT_TRANSFERABLE', NodeError,
    '%s cannot be transferred in its current state; it must be a freshly created or accepted handle that has ' +
    'not started reading and has no pending writes'),
};

/** The error of a connect of which each address has failed. Its code is that of the first one. */
class NodeAggregateError extends AggregateError {
  /**
   * @param {Error[]} errors
   * @param {string} [message]
   */
  constructor(errors, message) {
    super(errors, message);
    this.code = errors[0]?.code;
    writeStackHeader(this);
  }
}
hide(NodeAggregateError.prototype, 'constructor', AggregateError);
if (kIsNodeError !== undefined) hide(NodeAggregateError.prototype, kIsNodeError, true);

/**
 * @param {string|null} address
 * @param {number|null} [port]
 * @returns {string} ` address:port`, ` address` or nothing
 */
function place(address, port) {
  if (port && port > 0) return ` ${address}:${port}`;
  return address ? ` ${address}` : '';
}

/** A failed system call: `code`, `errno` and `syscall`. */
class ErrnoException extends Error {
  /**
   * @param {number} errno negated
   * @param {string} syscall
   * @param {string} [original] appended to the message
   */
  constructor(errno, syscall, original) {
    const code = getSystemErrorName(errno);
    super(original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`);
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}
hide(ErrnoException.prototype, 'constructor', Error);

/** A failed system call about an address: `connect ECONNREFUSED 127.0.0.1:1 - Local (0.0.0.0:0)`. */
class ExceptionWithHostPort extends Error {
  /**
   * @param {number|Error} errno a negated errno, or the error of the permission model
   * @param {string} syscall
   * @param {string|null} address a host, an IP address or a path
   * @param {number|null} [port]
   * @param {string} [additional] the local end
   */
  constructor(errno, syscall, address, port, additional) {
    const isRefused = typeof errno === 'object';
    const code = isRefused ? errno.code : getSystemErrorName(errno);
    const local = additional ? ` - Local (${additional})` : '';
    super(`${syscall} ${code}${isRefused ? ` ${errno.message}` : `${place(address, port)}${local}`}`);
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
    this.address = address;
    if (port) this.port = port;
  }
}
hide(ExceptionWithHostPort.prototype, 'constructor', Error);

/** A failed system call about an address, with the system's text: `listen EADDRINUSE: address already in use :::80`. */
class UVExceptionWithHostPort extends Error {
  /**
   * @param {number} errno a negated errno
   * @param {string} syscall
   * @param {string} address a host, an IP address or a path
   * @param {number} [port]
   */
  constructor(errno, syscall, address, port) {
    const [code, text] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', 'unknown error'];
    super(`${syscall} ${code}: ${text}${place(address, port)}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.address = address;
    if (port) this.port = port;
  }
}
hide(UVExceptionWithHostPort.prototype, 'constructor', Error);

/** What an aborted AbortSignal leads to. */
class AbortError extends Error {
  /**
   * @param {*} cause the signal's reason
   */
  constructor(cause) {
    super('The operation was aborted', { cause });
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}
hide(AbortError.prototype, 'constructor', Error);

module.exports = {
  AbortError,
  codes,
  ErrnoException,
  ExceptionWithHostPort,
  NodeAggregateError,
  UVExceptionWithHostPort,
};
