'use strict';
// packages: leaked-handles
// quick: yes

const net = require('node:net');
const { format } = require('node:util');
const leakedHandles = require('leaked-handles');
const { main, report } = require('../kit');
const { openAll, steady } = require('../lib/handles');

// The tool knows a server by `connections`, which Node's have no more, and rsnet's have (docs/api.md).
if (!('connections' in net.Server.prototype)) {
  Object.defineProperty(net.Server.prototype, 'connections', { value: new Set(), writable: true });
}

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
