'use strict';

// Makes a program that shows a difference as small as it can be while it still shows one.

/** Fields of a program and of its parts that are there to stay. */
const NEEDED = new Set([
  'transport', 'server', 'accepted', 'clients', 'steps', 'on', 'ops', 'event', 'when', 'listen', 'bulk',
  'size',
]);

/**
 * Every program that is one piece smaller, larger pieces first.
 *
 * @param {object} program see generate.js
 * @returns {Generator<object>}
 */
function* smaller(program) {
  yield* shorterLists(program, ['steps']);
  if (program.clients.length > 1) yield withoutLastClient(program);
  for (const path of listPaths(program)) yield* shorterLists(program, path);
  yield* withoutFields(program, []);
  yield* simplerArguments(program);
  if (program.transport !== 'tcp4') yield { ...program, transport: 'tcp4' };
}

/**
 * @param {object} program
 * @param {Array<string | number>} path to a list in it
 * @returns {Generator<object>} the program with a part of that list left out
 */
function* shorterLists(program, path) {
  const list = at(program, path);
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = list.length - size; start >= 0; start -= size) {
      yield changed(program, path, [...list.slice(0, start), ...list.slice(start + size)]);
    }
  }
}

/**
 * @param {object} program
 * @returns {Array<Array<string | number>>} where its inner lists are: operations and hooks
 */
function listPaths(program) {
  const paths = [];
  program.steps.forEach((step, index) => { if (step.ops.length > 1) paths.push(['steps', index, 'ops']); });
  for (const side of ['clients', 'accepted']) {
    program[side].forEach((config, index) => {
      if (config.early) paths.push([side, index, 'early']);
      if (config.hooks) paths.push([side, index, 'hooks']);
      config.hooks?.forEach((hook, place) => {
        if (hook.ops.length > 1) paths.push([side, index, 'hooks', place, 'ops']);
      });
    });
  }
  return paths;
}

/**
 * @param {object} program
 * @returns {object}
 */
function withoutLastClient(program) {
  const last = program.clients.length - 1;
  return {
    ...program,
    clients: program.clients.slice(0, last),
    accepted: program.accepted.slice(0, last),
    steps: program.steps.filter(({ on }) => on !== `c${last}` && on !== `s${last}`),
  };
}

/**
 * @param {object} program
 * @param {Array<string | number>} path to an object in it
 * @returns {Generator<object>} the program with one field of that object, or of one inside it, left out
 */
function* withoutFields(program, path) {
  const value = at(program, path);
  if (value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    if (!Array.isArray(value) && !NEEDED.has(key)) yield changed(program, [...path, key], undefined);
    yield* withoutFields(program, [...path, key]);
  }
}

/**
 * @param {object} program
 * @returns {Generator<object>} the program with one simpler argument of one operation
 */
function* simplerArguments(program) {
  for (const [index, { ops }] of program.steps.entries()) {
    for (const [place, op] of ops.entries()) {
      for (const [number, argument] of op.entries()) {
        const path = ['steps', index, 'ops', place, number];
        if (number > 0 && typeof argument === 'number' && argument > 1) yield changed(program, path, 1);
        if (number > 0 && argument === true) yield changed(program, path, false);
        if (number === 2 && ['write', 'end'].includes(op[0]) && argument !== 'buffer') {
          yield changed(program, path, 'buffer');
        }
      }
    }
  }
}

/** @returns {any} what is at a path */
function at(value, path) {
  return path.reduce((inner, key) => inner[key], value);
}

/** @returns {any} a copy of a value with something else at a path; undefined takes the field away */
function changed(value, [key, ...rest], replacement) {
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length > 0) copy[key] = changed(value[key], rest, replacement);
  else if (replacement === undefined) delete copy[key];
  else copy[key] = replacement;
  return copy;
}

/**
 * @param {object} program one that shows a difference
 * @param {(programs: object[]) => Promise<number>} findDifferent tries programs, gives the index of one that still
 *   shows a difference, or -1
 * @param {{deadline: number}} limits when to stop, in milliseconds since 1970
 * @returns {Promise<object>} the smallest program found
 */
async function shrink(program, findDifferent, { deadline }) {
  let best = program;
  for (;;) {
    let better = null;
    let batch = [];
    const tryBatch = async () => {
      const index = batch.length > 0 ? await findDifferent(batch) : -1;
      if (index >= 0) better = batch[index];
      batch = [];
    };
    for (const candidate of smaller(best)) {
      batch.push(candidate);
      if (batch.length === 12) await tryBatch();
      if (better || Date.now() > deadline) break;
    }
    if (!better) await tryBatch();
    if (!better || Date.now() > deadline) return better ?? best;
    best = better;
  }
}

module.exports = { shrink };
