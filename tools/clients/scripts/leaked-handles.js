'use strict';
// packages: leaked-handles
// quick: yes

const { format } = require('node:util');
const leakedHandles = require('leaked-handles');
const { main, report } = require('../kit');
const { openAll, steady } = require('../lib/handles');

leakedHandles.set({ fullStack: true, timeout: 60_000, debugSockets: true });

/**
 * @returns {string[]} what the tool prints, without numbers
 */
function print() {
  const lines = [];
  const { log } = console;
  console.log = (...args) => lines.push(...format(...args).split('\n').map(steady));
  leakedHandles.printHandles();
  console.log = log;
  return lines;
}

main(async () => {
  const all = await openAll();
  await report('all are open', print());
  await all.close();
  await report('all were closed', print());
});
