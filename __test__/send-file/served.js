'use strict';

// Programs that serve files by `net.sendFile` of rsnet with servers of Node's http.

const { only, root, tempPath } = require('../helpers');
const { modes, runMode } = require('../helpers/registered');

/**
 * What the programs have: `made(size)` makes a file, `opens(path)` counts descriptors of it, `ask` makes a request,
 * `talk` gives a connection, and the others are as in `files.js`.
 */
const TOOLS = `
  const crypto = require('crypto');
  const http = require('http');
  const rsnet = require(root);
  let files = 0;
  const made = (size) => {
    const data = crypto.randomBytes(size);
    const path = folder + '-' + files++;
    fs.writeFileSync(path, data);
    process.on('exit', () => fs.rmSync(path, { force: true }));
    return { path, data };
  };
  const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex');
  const opens = (path) => fs.readdirSync('/proc/self/fd').filter((name) => {
    try { return fs.readlinkSync('/proc/self/fd/' + name) === path; } catch { return false; }
  }).length;
  const rejection = (promise) => promise.then((value) => { throw new Error('it gave ' + value); }, (error) => error);
  const ask = (options) => new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', ...options }, async (response) => {
      const { statusCode, headers } = response;
      try {
        resolve({ statusCode, headers, body: await all(response), reused: request.reusedSocket });
      } catch (error) {
        resolve({ statusCode, headers, error: error.code });
      }
    }).on('error', reject).end();
  });
  const GET = (path, more = '') => 'GET ' + path + ' HTTP/1.1\\r\\nHost: a\\r\\n' + more + '\\r\\n';
  const talk = async (port) => {
    const socket = require('net').connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const stuck = async (socket) => {
    for (let same = 0, before = -1; same < 10;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      same = socket.bytesWritten > 0 && socket.bytesWritten === before ? same + 1 : 0;
      before = socket.bytesWritten;
    }
  };
`;

/**
 * @param {string[]} flags of a mode
 * @param {Function} body as for `runMode`; it has the tools
 * @param {object} [options] as for `runMode`
 * @returns {Promise<any>}
 */
function run(flags, body, options) {
  const given = `const [root, folder] = ${JSON.stringify([root, tempPath('file')])};`;
  return runMode(flags, new Function(`return (async () => { ${given} ${TOOLS}; return (${body})(); })()`), options);
}

const describeServers = only === 'builtin' ? describe.skip : describe;

/**
 * The connections of the server are the built-in's or rsnet's.
 *
 * @param {function(function(Function, object=): Promise<any>, string): void} define gets `run` for a mode, and its name
 * @returns {void}
 */
function describeModes(define) {
  describeServers.each(modes)('net.sendFile and a server of http, %s', (mode, flags) => {
    define((body, options) => run(flags, body, options), mode);
  });
}

module.exports = { describeModes };
