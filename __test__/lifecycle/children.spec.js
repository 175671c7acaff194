'use strict';

/* global net -- given by spawnNode to the code of a child */

const path = require('path');
const { implementations, spawnNode } = require('../helpers');

/** A module that does nothing when it is run. */
const HARMLESS = path.join(__dirname, '..', 'helpers', 'random.js');

/**
 * Traffic that opens and closes sockets all the time, while a worker thread starts children one after the other: a
 * descriptor that is without close-on-exec even for a moment gets into one of them. Each child lists what it has.
 */
async function storm() {
  const { Worker } = require('worker_threads');
  const serve = (socket) => socket.on('error', () => {}).pipe(socket);
  const servers = [net.createServer(serve), net.createServer(serve)];
  const name = `\0rsnet-spec-children-${process.pid}`;
  await Promise.all([new Promise((resolve) => servers[0].listen(0, '127.0.0.1', resolve)),
    new Promise((resolve) => servers[1].listen(name, resolve))]);
  const where = [{ host: '127.0.0.1', port: servers[0].address().port }, { path: name }];
  let over = false;
  let opened = 0;
  const again = (index) => {
    if (over) return;
    opened++;
    const client = net.connect(where[index % 2]);
    client.on('error', () => {}).on('close', () => again(index)).end('x');
    client.resume();
    // A server comes and goes, too.
    if (opened % 50 === 0) {
      const server = net.createServer().listen(0, '127.0.0.1', () => server.close());
    }
  };
  for (let i = 0; i < 10; i++) again(i);
  const worker = new Worker(`
    const { spawnSync } = require('child_process');
    const { parentPort } = require('worker_threads');
    const found = new Set();
    for (let i = 0; i < 60; i++) {
      const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd']);
      for (const line of stdout.toString().split('\\n')) {
        const [, fd, what] = / (\\d+) -> ((?:socket|anon_inode).*)/.exec(line) || [];
        if (Number(fd) > 2) found.add(what.replace(/\\d+/, 'N'));
      }
    }
    parentPort.postMessage([...found]);
  `, { eval: true });
  const found = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  over = true;
  for (const server of servers) server.close();
  console.log(JSON.stringify({ found, busy: opened > 100 }));
}

/** A process that forks, executes and starts children while bytes flow: it prints whether all of them arrived. */
function flow() {
  const { exec, execFile, fork, spawn } = require('child_process');
  const crypto = require('crypto');
  const TOTAL = 48 << 20;
  const block = crypto.randomBytes(1 << 20);
  const sent = crypto.createHash('sha1');
  const received = crypto.createHash('sha1');
  const ended = (child) => new Promise((resolve) => child.once('close', (code, signal) => resolve(signal || code)));
  const starts = [
    () => ended(exec('true')),
    () => ended(execFile('false')),
    () => ended(spawn('sh', ['-c', 'kill -9 $$'], { stdio: 'ignore' })),
    () => ended(fork(process.argv[1], { stdio: 'ignore' })),
  ];
  const children = [];
  const server = net.createServer((peer) => {
    let length = 0;
    peer.on('data', (data) => {
      received.update(data);
      // A child every other mebibyte.
      if (Math.floor((length += data.length) / (2 << 20)) > children.length && children.length < 16) {
        children.push(starts[children.length % 4]());
      }
    });
    peer.on('end', async () => {
      peer.end();
      server.close();
      const codes = await Promise.all(children);
      console.log(sent.digest('hex') === received.digest('hex'), codes.join(' '));
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1').resume();
    let left = TOTAL;
    const more = () => {
      while (left > 0) {
        left -= block.length;
        sent.update(block);
        if (!client.write(block)) return void client.once('drain', more);
      }
      client.end();
    };
    more();
  });
}

const describeLinux = process.platform === 'linux' ? describe : describe.skip;

describeLinux.each(implementations)('%s: children in the middle of traffic', (name) => {
  test('inherit no descriptor, whenever they are started', async () => {
    const { code, stderr, stdout } = await spawnNode(name, storm, { limit: 60000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ found: [], busy: true });
  }, 70000);

  test('by exec, execFile, spawn and fork: no byte is lost', async () => {
    const { code, stderr, stdout } = await spawnNode(name, flow, { args: [HARMLESS] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`true ${Array(4).fill('0 1 SIGKILL 0').join(' ')}\n`);
  });
});
