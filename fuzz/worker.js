'use strict';

// A child process that runs programs: {id, seed | program, pairings, hasty} comes in, and {id, ...} with what judge()
// says goes out.

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
    reply = await judge(program ?? generate(seed), pairings, hasty);
  } catch (error) {
    reply = { verdict: 'failed', retaken: 0, difference: { error: error.stack } };
  }
  process.send({ id, ...reply });
});
