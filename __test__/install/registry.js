'use strict';

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

/** When all versions were published. Managers refuse a version that is some hours old. */
const PUBLISHED = '2020-01-01T00:00:00.000Z';

/**
 * @param {string} algorithm
 * @param {Buffer} content
 * @param {string} encoding
 * @returns {string} its digest
 */
function digest(algorithm, content, encoding) {
  return createHash(algorithm).update(content).digest(encoding);
}

/**
 * A registry of npm on loopback. It has one version of each package. It is the proxy of the managers, too: what they
 * ask of any other host comes here, and gets nothing.
 */
class Registry {
  constructor() {
    this.packages = new Map();
    /** Paths of the tarballs that it has sent. */
    this.sent = [];
    /** Requests for anything that it does not have. */
    this.refused = [];
    this.server = http.createServer((request, response) => this.answer(request, response));
    this.server.on('connect', ({ method, url }, socket) => {
      this.refused.push(`${method} ${url}`);
      socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
  }

  /**
   * Publish a tarball of `npm pack`.
   * @param {string} file its path
   */
  publish(file) {
    const options = { encoding: 'utf8', timeout: 30000 };
    const manifest = JSON.parse(execFileSync('tar', ['-xzOf', file, 'package/package.json'], options));
    this.packages.set(manifest.name, { manifest, tarball: fs.readFileSync(file) });
  }

  /** @returns {Promise<void>} once it listens */
  listen() {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', () => {
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        resolve();
      });
    });
  }

  /** Forget the requests. */
  forget() {
    this.sent = [];
    this.refused = [];
  }

  /**
   * Answer a request, for the registry or for the proxy.
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   */
  answer({ method, url }, response) {
    // A proxy is asked for a whole URL.
    const { origin, pathname } = new URL(url, this.url);
    const [name, ...rest] = decodeURIComponent(pathname).slice(1).split('/');
    const found = method === 'GET' && origin === this.url ? this.packages.get(name) : undefined;
    if (found && rest.length === 0) {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(this.describe(found)));
    } else if (found && rest.join('/') === this.tarballPath(found)) {
      this.sent.push(name);
      response.setHeader('Content-Type', 'application/octet-stream');
      response.end(found.tarball);
    } else {
      this.refused.push(`${method} ${url}`);
      response.statusCode = origin === this.url ? 404 : 403;
      response.end('{}');
    }
  }

  /**
   * @param {object} found a package
   * @returns {string} where its tarball is, below its name
   */
  tarballPath({ manifest: { name, version } }) {
    return path.posix.join('-', `${name}-${version}.tgz`);
  }

  /**
   * @param {object} found a package
   * @returns {object} what the registry says of it
   */
  describe(found) {
    const { manifest, tarball } = found;
    const { name, version } = manifest;
    const dist = {
      integrity: `sha512-${digest('sha512', tarball, 'base64')}`,
      shasum: digest('sha1', tarball, 'hex'),
      tarball: `${this.url}/${name}/${this.tarballPath(found)}`,
    };
    return {
      _id: name,
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
      time: { created: PUBLISHED, modified: PUBLISHED, [version]: PUBLISHED },
    };
  }

  /** @returns {Promise<void>} once it has ended, with all its connections */
  close() {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

module.exports = { Registry };
