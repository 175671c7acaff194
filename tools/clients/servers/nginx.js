'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { bytes, digest } = require('../kit');

/** How many files there are under /files/, the n-th of n * 997 bytes. */
const FILES = 64;

/** Bytes of /big.bin. */
const BIG = 24 * 1024 * 1024;

/**
 * Makes what nginx serves.
 * @param {string} root the folder
 * @returns {{ files: object[], big: object }} length and SHA-256 of each file
 */
function fill(root) {
  fs.mkdirSync(path.join(root, 'files'), { recursive: true });
  const files = [];
  for (let n = 0; n < FILES; n += 1) {
    const content = bytes(n * 997, n);
    fs.writeFileSync(path.join(root, 'files', `${n}.bin`), content);
    files.push(digest(content));
  }
  const big = bytes(BIG);
  fs.writeFileSync(path.join(root, 'big.bin'), big);
  fs.writeFileSync(path.join(root, 'hello.txt'), 'hello\n');
  return { files, big: digest(big) };
}

/**
 * What one server block serves.
 * @param {object} at the addresses and paths
 * @returns {string}
 */
function locations(at) {
  return `
    root ${at.root};
    location /slow/ { alias ${at.root}/; limit_rate 256k; }
    location /moved/ { rewrite ^/moved/(.*)$ /$1 redirect; }
    location /store/ { root ${at.store}; dav_methods PUT DELETE; create_full_put_path on; }
    location /up/ {
      proxy_pass http://upstream/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
    }
    location /socket/ {
      proxy_pass http://upstream/;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }`;
}

/**
 * nginx's configuration.
 * @param {object} at the addresses and paths
 * @param {object} tls paths of certificate and key
 * @returns {string}
 */
function configuration(at, tls) {
  return `
${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${at.folder}/nginx.pid;
error_log ${at.folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  types { text/plain txt; }
  default_type application/octet-stream;
  client_max_body_size 64m;
  client_body_temp_path ${at.folder}/body;
  proxy_temp_path ${at.folder}/proxy;
  fastcgi_temp_path ${at.folder}/fastcgi;
  uwsgi_temp_path ${at.folder}/uwsgi;
  scgi_temp_path ${at.folder}/scgi;
  keepalive_requests 100000;
  reset_timedout_connection on;
  upstream upstream { server unix:${at.upstream}; keepalive 16; }
  server {
    listen 127.0.0.1:${at.port};
    listen unix:${at.path};
    add_header X-Requests $connection_requests;
    ${locations(at)}
  }
  server {
    listen 127.0.0.1:${at.tls} ssl http2;
    ssl_certificate ${tls.cert};
    ssl_certificate_key ${tls.key};
    ${locations(at)}
  }
}
`;
}

module.exports = {
  program: 'nginx',
  packages: ['nginx'],
  version: ['-v'],
  /**
   * Starts nginx: HTTP on a port and on a Unix path, TLS with HTTP/2 on another port.
   *
   * /files/N.bin, /big.bin and /hello.txt are static; /slow/ gives them at 256 KB a second, /moved/ by a
   * redirect; /store/ takes PUT and DELETE; /up/ goes to whoever listens on the path `upstream`, /socket/ too,
   * with the upgrade to WebSocket.
   * @param {object} context of the runner
   * @returns {Promise<object>} host, port, tls (a port), path, upstream (a path), files, big
   */
  async start(context) {
    const { folder } = context;
    const at = {
      folder,
      root: path.join(folder, 'root'),
      store: path.join(folder, 'stored'),
      host: '127.0.0.1',
      port: await context.port('http'),
      tls: await context.port('tls'),
      path: path.join(folder, 'http.sock'),
      upstream: path.join(folder, 'upstream.sock'),
    };
    const facts = fill(at.root);
    fs.mkdirSync(at.store, { recursive: true });
    fs.rmSync(at.path, { force: true });
    const file = path.join(folder, 'nginx.conf');
    fs.writeFileSync(file, configuration(at, context.tls));
    context.run('nginx', ['-e', path.join(folder, 'error.log'), '-c', file]);
    await context.ready({ port: at.tls });
    const { host, port, tls, upstream } = at;
    return { host, port, tls, path: at.path, upstream, ...facts };
  },
};
