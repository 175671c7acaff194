'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { runToEnd } = require('./processes');

/**
 * Make an authority, and a certificate of it for `localhost` and `127.0.0.1`, with OpenSSL's program.
 * @param {string} folder where to put them
 * @returns {Promise<{ca: string, cert: string, key: string}>} the files' paths
 */
async function makeCertificate(folder) {
  const file = (name) => path.join(folder, name);
  const openssl = (...args) => runToEnd('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = file('names.cnf');
  fs.writeFileSync(names, 'subjectAltName = DNS:localhost, IP:127.0.0.1\nbasicConstraints = CA:FALSE\n');
  await openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.crt'), '-days', '30',
    '-subj', '/CN=rsnet test authority');
  await openssl('req', ...newKey, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=localhost');
  await openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.crt'), '-CAkey', file('ca.key'),
    '-CAcreateserial', '-out', file('server.crt'), '-days', '30', '-extfile', names);
  return { ca: file('ca.crt'), cert: file('server.crt'), key: file('server.key') };
}

module.exports = { makeCertificate };
