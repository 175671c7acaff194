'use strict';

const fs = require('node:fs');
const path = require('node:path');

const DEBIAN = '/usr/lib/postgresql';

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package has made for it. */
const USER = 'postgres';

/**
 * Where Debian puts the programs.
 * @returns {string[]} the newest version first
 */
function folders() {
  if (!fs.existsSync(DEBIAN)) return [];
  return fs.readdirSync(DEBIAN).sort((a, b) => b - a).map((version) => path.join(DEBIAN, version, 'bin'));
}

/**
 * A command line for its user.
 * @param {string} program
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
function asUser(program, args) {
  if (process.getuid() !== 0) return [program, args];
  return ['setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', program, ...args]];
}

/**
 * Whether it takes queries: it accepts connections before that. The eighth line of postmaster.pid says so.
 * @param {string} data its folder
 * @returns {boolean}
 */
function isReady(data) {
  try {
    return fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready';
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

module.exports = {
  program: 'postgres',
  packages: ['postgresql'],
  folders,
  // "Fast shutdown": ends the sessions, too.
  stopSignal: 'SIGINT',

  /**
   * @param {object} context see ../README.md
   * @returns {Promise<object>} `host`, `port`, `path` (folder of the Unix socket, as clients want it), `user`, ...
   */
  async start({ program, folder, file, port, exec, run, ready, tls }) {
    const address = { host: '127.0.0.1', port: await port(), path: folder, user: 'tester', database: 'postgres' };
    const data = file('data');
    if (!fs.existsSync(data)) {
      if (process.getuid() === 0) await exec('chown', [USER, folder]);
      const initdb = path.join(path.dirname(fs.realpathSync(program)), 'initdb');
      await exec(...asUser(initdb, ['-D', data, '-U', address.user, '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']));
      for (const name of ['cert', 'key']) fs.copyFileSync(tls[name], path.join(data, `server.${name}`));
      fs.chmodSync(path.join(data, 'server.key'), 0o600);
      if (process.getuid() === 0) await exec('chown', ['-R', USER, data]);
    }
    const settings = {
      listen_addresses: address.host, port: address.port, unix_socket_directories: folder, ssl: 'on',
      ssl_cert_file: 'server.cert', ssl_key_file: 'server.key', fsync: 'off', shared_buffers: '16MB',
      max_connections: 150, autovacuum: 'off', log_min_messages: 'fatal',
    };
    const given = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    run(...asUser(program, ['-D', data, ...given]));
    await ready({ port: address.port });
    await ready(() => isReady(data));
    return address;
  },
};
