'use strict';

/* global net -- given by spawnNode to the code of a child */

const { implementations, matrix } = require('../helpers');
const { Child } = require('../helpers/child');

const GIBIBYTE = 1 << 30;

/** A child that serves one connection and tells the checksum of all that came. */
function receiver() {
  const hash = require('crypto').createHash('sha1');
  const server = net.createServer((socket) => {
    server.close();
    socket.on('data', (data) => hash.update(data));
    socket.on('end', () => {
      process.send({ received: { bytes: socket.bytesRead, checksum: hash.digest('hex') } });
      process.disconnect();
    });
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

/** A child that sends so many bytes, each block different, and tells their checksum. */
function sender() {
  const [port, total] = process.argv.slice(1).map(Number);
  const hash = require('crypto').createHash('sha1');
  const BLOCK = 1 << 18;
  const blocks = Array.from({ length: 16 }, () => require('crypto').randomBytes(BLOCK));
  const socket = net.connect(port, '127.0.0.1');
  let sent = 0;
  const more = () => {
    while (sent < total) {
      // A block is only touched again after 'drain', when nothing of it waits any more; the number makes it different.
      const block = blocks[(sent / BLOCK) % blocks.length];
      block.writeDoubleLE(sent, 0);
      hash.update(block);
      sent += BLOCK;
      if (!socket.write(block)) return void socket.once('drain', more);
    }
    socket.end();
  };
  socket.on('connect', more);
  socket.on('close', () => {
    process.send({ sent: { bytes: socket.bytesWritten, checksum: hash.digest('hex') } });
    process.disconnect();
  });
  socket.resume();
}

describe.each(matrix)('%s client, %s server: one long stream', (clientName, serverName) => {
  test('1 GiB arrives as it was sent', async () => {
    const server = new Child(serverName, receiver, { limit: 60000 });
    const port = await server.heard('port');
    const client = new Child(clientName, sender, { args: [String(port), String(GIBIBYTE)], limit: 60000 });
    const [sent, received] = await Promise.all([client.heard('sent'), server.heard('received')]);
    expect(received).toEqual(sent);
    expect(sent.bytes).toBe(GIBIBYTE);
    const ends = await Promise.all([client.result, server.result]);
    for (const { code, stderr } of ends) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 70000);
});

describe.each(implementations)('%s an echo of one long stream', (name) => {
  test('256 MiB come back through pipe', async () => {
    const child = new Child(name, () => {
      const TOTAL = 256 << 20;
      const block = require('crypto').randomBytes(1 << 20);
      const sum = () => require('crypto').createHash('sha1');
      const [there, back] = [sum(), sum()];
      const server = net.createServer((socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1');
        let sent = 0;
        const more = () => {
          while (sent < TOTAL) {
            sent += block.length;
            there.update(block);
            if (!socket.write(block)) return void socket.once('drain', more);
          }
          socket.end();
        };
        more();
        socket.on('data', (data) => back.update(data));
        socket.on('close', () => {
          server.close();
          process.send({ same: there.digest('hex') === back.digest('hex') && socket.bytesRead === TOTAL });
          process.disconnect();
        });
      });
    }, { limit: 60000 });
    expect(await child.heard('same')).toBe(true);
    expect((await child.result).code).toBe(0);
  }, 70000);
});
