'use strict';

// Runs one program once.

const { makeClient, makeServer } = require('./actors');
const { perform } = require('./perform');
const { settle } = require('./settle');
const { snapshotServer, snapshotSocket } = require('./snapshot');
const { World, context } = require('./world');

/** Times that a program is run for a trace that no visitor has disturbed; the last one counts in any case. */
const ATTEMPTS = 4;

/**
 * Writes down what can be read off each actor.
 *
 * @param {World} world
 */
function recordSnapshots(world) {
  for (const actor of world.actors.values()) {
    const { state, counters } = actor.server
      ? snapshotServer(actor.server, world.names)
      : snapshotSocket(actor.socket, world.names);
    world.record(actor.name, 'state', state, []);
    if (counters) world.record(actor.name, 'counters', counters, []);
  }
}

/**
 * Closes what a program left open.
 *
 * @param {World} world
 */
function closeAll(world) {
  for (const actor of world.actors.values()) {
    actor.hooks = [];
    if (actor.server) actor.server.close();
    else if (!actor.socket.destroyed) actor.socket.destroy();
  }
  world.actors.get('server').closing = true;
}

/**
 * Runs a program and gives its trace. Each step waits until the one before has had its effects.
 *
 * @param {object} program see generate.js
 * @param {{server: object, client: object}} implementations the `net` of each side
 * @param {{quiet: number, patience: number}} pace see settle.js
 * @returns {Promise<object[]>} the trace's entries
 */
async function runProgram(program, implementations, pace) {
  for (let attempt = 1; ; attempt++) {
    const world = new World(program, implementations);
    await context.run(world, () => runSteps(world, pace));
    if (!world.hasVisitor || attempt === ATTEMPTS) return world.entries;
  }
}

/**
 * @param {World} world
 * @param {{quiet: number, patience: number}} pace see settle.js
 * @returns {Promise<void>}
 */
async function runSteps(world, pace) {
  const { program } = world;
  try {
    makeServer(world);
    if (program.server.listen) perform(world, 'server', program.server.listen);
    await settle(world, pace);
    for (let number = 0; number < program.clients.length; number++) makeClient(world, number);
    for (const { on, ops } of program.steps) {
      world.step += 1;
      for (const op of ops) perform(world, on, op);
      await settle(world, pace);
      if (world.over) break;
      recordSnapshots(world);
    }
    world.step += 1;
    closeAll(world);
    await settle(world, pace);
    recordSnapshots(world);
  } finally {
    world.finish();
  }
}

module.exports = { runProgram };
