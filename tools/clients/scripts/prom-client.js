'use strict';
// packages: prom-client
// quick: yes

const client = require('prom-client');
const { main, report } = require('../kit');
const { openAll } = require('../lib/handles');

/**
 * @returns {Promise<object>} what the metrics of handles, requests and resources count
 */
async function count() {
  const names = ['nodejs_active_handles', 'nodejs_active_requests', 'nodejs_active_resources'];
  const found = {};
  for (const name of names.flatMap((each) => [each, `${each}_total`])) {
    const { values } = await client.register.getSingleMetric(name).get();
    found[name] = values.map(({ labels, value }) => [labels.type ?? '', value]).sort();
  }
  return found;
}

main(async () => {
  client.collectDefaultMetrics();
  const all = await openAll();
  await report('all are open', count());
  await all.close();
  await report('all were closed', count());
});
