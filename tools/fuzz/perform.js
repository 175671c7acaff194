'use strict';

// Performs one operation of a program and writes down what came of it.

const { serverOperations } = require('./server-operations');
const { socketOperations } = require('./socket-operations');

/**
 * @param {import('./world').World} world
 * @param {string} name the actor
 * @param {any[]} op name of the operation and its arguments
 * @throws {Error} what a 'throw' operation throws
 */
function perform(world, name, op) {
  if (world.over) return;
  const label = op.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' ');
  const actor = world.actors.get(name);
  if (!actor) {
    world.record(name, 'call', label, ['nobody']);
    return;
  }
  if (op[0] === 'throw') {
    const error = new Error(`thrown by ${name}`);
    world.own(error, name);
    world.record(name, 'call', label, []);
    throw error;
  }
  const operations = actor.server ? serverOperations : socketOperations;
  const place = world.entries.length;
  let result;
  try {
    result = operations[op[0]](world, actor, ...op.slice(1));
    if (result === (actor.server ?? actor.socket)) result = 'itself';
  } catch (error) {
    result = error;
  }
  world.record(name, 'call', label, [result]);
  // What a call emits before it returns stands behind the call, as its effects.
  if (world.entries.length > place + 1) world.entries.splice(place, 0, world.entries.pop());
}

module.exports = { perform };
