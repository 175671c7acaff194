'use strict';

// A child process that runs programs: {id, seed | program, pairings, hasty} comes in, and {id, ...} with what judge()
// says goes out; before that, {id, isAlive: true} for each run of the program that is over.

const { generate } = require('./generate');
const { judge } = require('./judge');
const { finishAll, recordUncaught } = require('./world');

process.on('uncaughtException', recordUncaught);
process.on('unhandledRejection', recordUncaught);
process.on('disconnect', () => process.exit());
process.on('exit', finishAll);

process.on('message', async ({ hasty, id, pairings, program, seed }) => {
  let reply;
  try {
    const onTrace = () => process.send({ id, isAlive: true });
    reply = await judge(program ?? generate(seed), pairings, { hasty, onTrace });
  } catch (error) {
    reply = { verdict: 'failed', retaken: 0, difference: { error: error.stack } };
  }
  process.send({ id, ...reply });
});
