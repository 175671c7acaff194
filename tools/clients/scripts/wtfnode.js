'use strict';
// packages: wtfnode
// quick: yes

const { format } = require('node:util');
const wtf = require('wtfnode');
const { main, report } = require('../kit');
const { openAll, steady } = require('../lib/handles');

/**
 * @returns {string[]} what the tool prints, without numbers
 */
function dump() {
  const lines = [];
  for (const level of ['info', 'warn', 'error']) {
    // Where a listener was added is not compared: the tool passes over Node's own files, and stops at rsnet's.
    wtf.setLogger(level, (...args) => lines.push(steady(format(...args)).replace(/^(- \w+:) \w+ @ .*/, '$1')));
  }
  wtf.dump();
  return lines;
}

main(async () => {
  await report('nothing is open', dump());
  const all = await openAll();
  await report('all are open', dump());
  await all.close();
  await report('all were closed', dump());
});
