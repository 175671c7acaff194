'use strict';

/* global listening, net, once -- given to the code of a child */

// Node's HTTP server reads on from a connection that a listener of 'connection' has paused: its parser reads from the
// handle, and not from the stream. Who listens for data takes the stream, and its pause.

const { modes, runMode } = require('../helpers/registered');

/**
 * Sends requests by hand, each when the one before is answered.
 * @param {string[]} flags of a mode
 * @param {string} prepare body of a listener of 'connection' that has `socket` and `seen`
 * @returns {Promise<string[]>} what the server has seen
 */
function serve(flags, prepare) {
  return runMode(flags, new Function('', `return (async () => {
    const prepare = (socket, seen) => { ${prepare} };
    return (${conversation})(prepare);
  })();`));
}

/**
 * Runs in the child.
 * @param {(socket: import('net').Socket, seen: string[]) => void} prepare
 * @returns {Promise<string[]>}
 */
async function conversation(prepare) {
  const http = require('http');
  const seen = [];
  const server = http.createServer(async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    seen.push(`${request.method} ${request.url} ${length}`);
    response.end(`<${request.url}>`);
  });
  server.on('connection', (socket) => {
    prepare(socket, seen);
    socket.on('end', () => seen.push('end'));
  });
  server.on('upgrade', (request, socket, head) => {
    seen.push(`upgrade ${head} ${socket.readableFlowing}`);
    socket.on('data', (chunk) => {
      seen.push(`data ${chunk}`);
      socket.end('<done>');
    });
    socket.write('<upgraded>');
  });
  const client = net.connect(await listening(server), '127.0.0.1');
  let text = '';
  const ask = async (request, answer) => {
    client.write(request);
    while (!text.includes(answer)) text += String((await once(client, 'data'))[0]);
  };
  const head = (line, ...more) => [`${line} HTTP/1.1`, 'Host: a', ...more, '', ''].join('\r\n');
  await ask(head('GET /1'), '</1>');
  client.write(`${head('POST /2', 'Content-Length: 6')}abc`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await ask('def', '</2>');
  await ask(head('GET /3') + head('GET /4'), '</4>');
  await ask(`${head('GET /5', 'Upgrade: a', 'Connection: upgrade')}HEAD`, '<upgraded>');
  await ask('more', '<done>');
  client.end();
  await new Promise((resolve) => server.close(resolve));
  return seen;
}

const ALL = ['GET /1 0', 'POST /2 6', 'GET /3 0', 'GET /4 0', 'upgrade HEAD null', 'data more', 'end'];

describe.each(modes)('a listener of connection of an HTTP server, %s', (_mode, flags) => {
  test.each([
    ['pauses', 'socket.pause();'],
    ['pauses, and resumes later', 'socket.pause(); setImmediate(() => socket.resume());'],
    ['pauses, and has replaced emit', `
      const { emit } = socket;
      socket.emit = function emitToo(...args) { return Reflect.apply(emit, this, args); };
      socket.pause();`],
  ])('%s', async (_what, prepare) => {
    expect(await serve(flags, prepare)).toEqual(ALL);
  });
});
