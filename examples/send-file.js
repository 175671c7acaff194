'use strict';

// A small server of static files. It answers HEAD, ranges and requests for what is not there, asks itself for some
// files, and ends:
//
//   node examples/send-file.js

const http = require('node:http');
const path = require('node:path');
const { sendFile } = require('rsnet');

const TYPES = { '.js': 'text/javascript', '.json': 'application/json', '.md': 'text/markdown' };

/** What is answered to errors; 500 to all others. */
const STATUSES = { ENOENT: 404, EISDIR: 404, ENOTDIR: 404, ERR_INVALID_URL: 400 };

/** What is served. */
const folder = path.join(__dirname, '..');

/**
 * Answer with the file that the path of the request names.
 * @param {http.IncomingMessage} request of a client
 * @param {http.ServerResponse} response to it
 */
async function serve(request, response) {
  try {
    // `new URL` takes each `..` out, so that nobody gets out of the folder.
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = path.join(folder, pathname);
    response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    await sendFile(response, file, { range: true });
  } catch (error) {
    // The response is destroyed if its headers were sent.
    if (response.headersSent) return;
    response.statusCode = STATUSES[error.code] ?? 500;
    response.end();
  }
}

/**
 * Make a request, and print what comes.
 * @param {object} options of `http.request`
 * @returns {Promise<void>} once the response has ended
 */
function ask(options) {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => { bytes += chunk.length; });
      response.on('error', reject);
      response.on('end', () => {
        const { method = 'GET', path: asked } = options;
        const range = response.headers['content-range'] ?? '';
        console.log(method, asked, response.statusCode, bytes, range);
        resolve();
      });
    });
    request.on('error', reject);
    request.end();
  });
}

const server = http.createServer(serve);

server.listen(0, '127.0.0.1', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const { address: host, port } = server.address();
  try {
    await ask({ host, port, agent, path: '/package.json' });
    await ask({ host, port, agent, path: '/package.json', method: 'HEAD' });
    await ask({ host, port, agent, path: '/package.json', headers: { Range: 'bytes=0-9' } });
    await ask({ host, port, agent, path: '/nothing.json' });
    await ask({ host, port, agent, path: '//' });
  } finally {
    agent.destroy();
    server.close();
  }
});
