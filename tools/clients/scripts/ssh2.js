'use strict';
// packages: ssh2

const { once } = require('node:events');
const net = require('node:net');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { promisify } = require('node:util');
const { Client } = require('ssh2');
const { bytes, digest, main, report } = require('../kit');
const { startSsh } = require('../lib/ssh-server');
const { emitted, failure, hash, intact, parallel, tally } = require('../lib/work');

/**
 * @param {object} options of connect
 * @returns {Promise<Client>} ready
 */
function connect(options) {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    client.once('ready', () => {
      client.on('error', () => {});
      client.setNoDelay(true);
      resolve(client);
    });
    client.connect({ host: '127.0.0.1', username: 'user', password: 'secret', ...options });
  });
}

/**
 * Runs a command.
 * @param {Client} client
 * @param {string} command
 * @param {Buffer} [input]
 * @returns {Promise<{ status: number, output: Buffer, errors: string }>}
 */
function execute(client, command, input) {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const output = [];
      const errors = [];
      let status;
      channel.on('data', (chunk) => output.push(chunk));
      channel.stderr.on('data', (chunk) => errors.push(chunk));
      channel.on('exit', (code) => { status = code; });
      channel.on('close', () => resolve({ status, output: Buffer.concat(output), errors: errors.join('') }));
      return channel.end(input);
    });
  });
}

/**
 * Commands on channels.
 * @param {Client} client
 */
async function commands(client) {
  await report('8 MiB of output', execute(client, 'noise 8388608 1').then(({ output }) => output));
  await report('8 MiB of input', execute(client, 'digest', bytes(8 << 20, 2)).then(({ output }) => JSON.parse(output)));
  await report('4 MiB to and fro', execute(client, 'cat', bytes(4 << 20, 3)).then(({ output }) => output));
  await report('a failure', execute(client, 'fail 3')
    .then(({ status, output, errors }) => [status, `${output}`, errors]));
  await report('an unknown command', failure(execute(client, 'nothing')));
  await report('40 channels at once', parallel(40, 40, async (n) => {
    const { output } = await execute(client, `noise ${n * 20_000} ${n}`);
    return intact(digest(output), digest(bytes(n * 20_000, n)));
  }).then(tally));
  await report('20 channels to and fro at once', parallel(20, 20, async (n) => {
    const content = bytes(n * 20_000, n);
    const { output } = await execute(client, 'cat', content);
    return intact(digest(output), digest(content));
  }).then(tally));
}

/**
 * Files up and down.
 * @param {Client} client
 * @param {Map<string, Buffer>} files of the server
 */
async function transfers(client, files) {
  const sftp = await promisify(client.sftp).call(client);
  const content = bytes(6 << 20, 4);
  const read = promisify(sftp.readFile).bind(sftp);
  const write = promisify(sftp.writeFile).bind(sftp);
  await report('sftp: a file written', write('/one', content)
    .then(() => intact(digest(files.get('/one')), digest(content))));
  await report('sftp: a file read', read('/one').then((found) => intact(digest(found), digest(content))));
  await report('sftp: streams', (async () => {
    const pieces = Array.from({ length: 128 }, (_, n) => content.subarray(n << 14, (n + 1) << 14));
    await pipeline(Readable.from(pieces), sftp.createWriteStream('/two'));
    return hash(sftp.createReadStream('/two', { start: 1000, end: 1_500_000 }));
  })());
  await report('sftp: 20 files at once', parallel(20, 20, async (n) => {
    const one = bytes(n * 10_000, n);
    await write(`/many/${n}`, one);
    return intact(digest(await read(`/many/${n}`)), digest(one));
  }).then(tally));
  await report('sftp: size', promisify(sftp.stat).call(sftp, '/one').then(({ size }) => size));
  await report('sftp: removed', promisify(sftp.unlink).call(sftp, '/one').then(() => failure(read('/one'))));
  sftp.end();
}

/**
 * Connections through the client's connection, both ways.
 * @param {Client} client
 */
async function forwarding(client) {
  const echo = net.createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const out = promisify(client.forwardOut).bind(client);
  await report('forwarded out, 20 at once', parallel(20, 20, async (n) => {
    const content = bytes(n * 15_000, n);
    const channel = await out('127.0.0.1', 1, '127.0.0.1', echo.address().port);
    channel.end(content);
    return intact(await hash(channel), digest(content));
  }).then(tally));

  const relay = net.createServer({ allowHalfOpen: true }, async (socket) => {
    const channel = await out('127.0.0.1', 1, '127.0.0.1', echo.address().port);
    socket.pipe(channel).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  await report('a local port forwarded', parallel(10, 10, (n) => roundTrip(relay.address().port, bytes(n * 50_000, n)))
    .then(tally));

  client.on('tcp connection', (_details, accept) => {
    const channel = accept();
    channel.pipe(channel);
  });
  const port = await promisify(client.forwardIn).call(client, '127.0.0.1', 0);
  await report('a port of the server forwarded', parallel(10, 10, (n) => roundTrip(port, bytes(n * 50_000, n)))
    .then(tally));
  relay.close();
  echo.close();
}

/**
 * Sends something to a port that gives it back.
 * @param {number} port
 * @param {Buffer} content
 * @returns {Promise<string>} `intact`, or what is wrong
 */
async function roundTrip(port, content) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.end(content);
  return intact(await hash(socket), digest(content));
}

main(async () => {
  const { server, port, files } = await startSsh();
  const client = await connect({ port });
  await commands(client);
  await transfers(client, files);
  await forwarding(client);
  await report('10 connections at once', parallel(10, 10, async (n) => {
    const one = await connect({ port });
    const { output } = await execute(one, `noise 100000 ${n}`);
    const closed = emitted(one, 'close');
    one.end();
    await closed;
    return intact(digest(output), digest(bytes(100_000, n)));
  }).then(tally));
  await report('a wrong password', failure(connect({ port, password: 'wrong' })));
  await report('dropped by the server', (async () => {
    const one = await connect({ port });
    const closed = emitted(one, 'close');
    one.exec('drop', () => {});
    await closed;
    return failure(promisify(one.exec).call(one, 'cat'));
  })());
  await report('over a channel of another connection', (async () => {
    const channel = await promisify(client.forwardOut).call(client, '127.0.0.1', 1, '127.0.0.1', port);
    const inner = await connect({ sock: channel });
    const { output } = await execute(inner, 'noise 500000 9');
    inner.end();
    return output;
  })());
  const closed = emitted(client, 'close');
  client.end();
  await closed;
  const stopped = new Promise((resolve) => { server.close(resolve); });
  await stopped;
  await report('nobody there', failure(connect({ port })));
});
