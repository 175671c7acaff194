'use strict';

module.exports = {
  program: 'mosquitto',
  packages: ['mosquitto'],
  version: ['-h'],

  /**
   * @param {object} context see ../README.md
   * @returns {Promise<{host: string, port: number, tlsPort: number, path: string}>}
   */
  async start({ program, file, write, port, run, ready, tls }) {
    const address = {
      host: '127.0.0.1', port: await port(), tlsPort: await port('tls'), path: file('mqtt.sock'),
    };
    write('mosquitto.conf', [
      ...process.getuid() === 0 ? ['user root'] : [],
      'allow_anonymous true',
      'max_queued_messages 0',
      'max_inflight_messages 0',
      'sys_interval 0',
      'set_tcp_nodelay true',
      'persistence true',
      `persistence_location ${file('')}/`,
      `listener ${address.port} ${address.host}`,
      `listener 0 ${address.path}`,
      `listener ${address.tlsPort} ${address.host}`,
      `certfile ${tls.cert}`,
      `keyfile ${tls.key}`,
      '',
    ].join('\n'));
    run(program, ['-c', file('mosquitto.conf')]);
    for (const key of ['port', 'tlsPort']) await ready({ port: address[key] });
    await ready({ path: address.path });
    return address;
  },
};
