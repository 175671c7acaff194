'use strict';

module.exports = {
  program: 'redis-server',
  packages: ['redis-server'],

  /**
   * @param {object} context see ../README.md
   * @returns {Promise<{host: string, port: number, tlsPort: number, path: string}>}
   */
  async start({ program, file, port, run, ready, tls }) {
    const address = { host: '127.0.0.1', port: await port(), tlsPort: await port('tls'), path: file('redis.sock') };
    run(program, [
      '--bind', address.host, '--port', `${address.port}`, '--unixsocket', address.path,
      '--tls-port', `${address.tlsPort}`, '--tls-cert-file', tls.cert, '--tls-key-file', tls.key,
      '--tls-ca-cert-file', tls.ca, '--tls-auth-clients', 'no',
      '--save', '', '--appendonly', 'no', '--proto-max-bulk-len', '64mb',
    ]);
    await ready({ port: address.port });
    await ready({ path: address.path });
    return address;
  },
};
