'use strict';

const fs = require('node:fs');

module.exports = {
  program: 'nats-server',
  packages: ['nats-server'],

  /**
   * @param {object} context see ../README.md
   * @returns {Promise<{host: string, port: number, wsPort: number, mqttPort: number}>}
   */
  async start({ program, file, write, port, run, ready, tls }) {
    const address = { host: '127.0.0.1', port: await port(), wsPort: await port('ws'), mqttPort: await port('mqtt') };
    const store = file('store');
    fs.mkdirSync(store, { recursive: true });
    write('nats.conf', [
      'server_name: rsnet',
      `listen: "${address.host}:${address.port}"`,
      'max_payload: 16MB',
      'max_pending: 256MB',
      `tls { cert_file: "${tls.cert}", key_file: "${tls.key}" }`,
      'allow_non_tls: true',
      `jetstream { store_dir: "${store}" }`,
      `mqtt { listen: "${address.host}:${address.mqttPort}" }`,
      `websocket { listen: "${address.host}:${address.wsPort}", no_tls: true }`,
      '',
    ].join('\n'));
    run(program, ['-c', file('nats.conf')]);
    await ready({ port: address.port });
    await ready({ port: address.wsPort });
    await ready({ port: address.mqttPort });
    return address;
  },
};
