'use strict';

const fs = require('node:fs');

module.exports = {
  program: 'mariadbd',
  // The second has a program that is needed to make the tables.
  packages: ['mariadb-server-core', 'mariadb-client-core'],

  /**
   * @param {object} context see ../README.md
   * @returns {Promise<{host: string, port: number, path: string, user: string, database: string}>}
   */
  async start({ program, file, write, port, exec, run, ready, tls }) {
    const address = {
      host: '127.0.0.1', port: await port(), path: file('sql.sock'), user: 'tester', password: 'secret',
      database: 'test',
    };
    const data = file('data');
    const user = process.getuid() === 0 ? ['--user=root'] : [];
    if (!fs.existsSync(data)) {
      await exec('mariadb-install-db', [
        '--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...user,
      ]);
      write('init.sql', [
        `CREATE DATABASE IF NOT EXISTS ${address.database};`,
        `CREATE USER IF NOT EXISTS '${address.user}'@'%' IDENTIFIED BY '${address.password}';`,
        `CREATE USER IF NOT EXISTS '${address.user}'@'localhost' IDENTIFIED BY '${address.password}';`,
        `GRANT ALL ON *.* TO '${address.user}'@'%';`,
        `GRANT ALL ON *.* TO '${address.user}'@'localhost';`,
        '',
      ].join('\n'));
    }
    run(program, [
      '--no-defaults', ...user, `--datadir=${data}`, `--socket=${address.path}`, `--bind-address=${address.host}`,
      `--port=${address.port}`, `--pid-file=${file('pid')}`, `--init-file=${file('init.sql')}`,
      `--ssl-ca=${tls.ca}`, `--ssl-cert=${tls.cert}`, `--ssl-key=${tls.key}`, '--skip-name-resolve',
      '--max-allowed-packet=64M', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=96M',
      '--innodb-flush-log-at-trx-commit=0', '--performance-schema=OFF', '--skip-log-bin', '--max-connections=60',
    ]);
    await ready({ port: address.port });
    await ready({ path: address.path });
    return address;
  },
};
