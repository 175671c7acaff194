'use strict';
// packages: why-is-node-running
// quick: yes

const { main, report } = require('../kit');
const { openAll, settle } = require('../lib/handles');

/** This folder's files, as the tool writes them. */
const OWN = /clients\/(lib|scripts)\/[\w.-]+:\d+/;

main(async () => {
  const { default: whyIsNodeRunning } = await import('why-is-node-running');
  const all = await openAll();
  await settle();
  const lines = [];
  whyIsNodeRunning({ error: (line) => lines.push(line) });
  const found = [];
  for (const line of lines) {
    if (line.startsWith('# ')) found.push([line.slice(2), undefined]);
    else if (found.length > 0) found[found.length - 1][1] ??= line.match(OWN)?.[0];
  }
  const ofNet = found.filter(([type]) => /^(TCP|PIPE)/.test(type));
  await report('what keeps it running, and where that was made', ofNet.sort());
  await all.close();
});
