'use strict';

const { generateKeyPairSync } = require('node:crypto');
const { once } = require('node:events');
const net = require('node:net');
const { Server, utils } = require('ssh2');
const { bytes, digest } = require('../kit');

const { OPEN_MODE, STATUS_CODE, flagsToString } = utils.sftp;

/** What `exec` knows: each gets the channel and its arguments. */
const commands = {
  /** So many bytes of noise. */
  noise(channel, length, seed) {
    const content = bytes(Number(length), Number(seed));
    channel.write(content, () => {
      channel.exit(0);
      channel.end();
    });
  },
  /** What came in, as length and SHA-256. */
  digest(channel) {
    const pieces = [];
    channel.on('data', (chunk) => pieces.push(chunk));
    channel.on('end', () => {
      channel.exit(0);
      channel.end(JSON.stringify(digest(Buffer.concat(pieces))));
    });
  },
  /** What came in goes out. */
  cat(channel) {
    channel.on('data', (chunk) => { if (!channel.write(chunk)) channel.pause(); });
    channel.on('drain', () => channel.resume());
    channel.on('end', () => {
      channel.exit(0);
      channel.end();
    });
  },
  /** Writes to both outputs and fails. */
  fail(channel, status) {
    channel.stderr.write('it failed');
    channel.write('as it should');
    channel.exit(Number(status));
    channel.end();
  },
  /** The connection goes down. */
  drop(channel, _argument, client) { client._sock.destroy(); },
};

/**
 * Serves files from memory.
 * @param {object} sftp of ssh2
 * @param {Map<string, Buffer>} files by path
 */
function serveFiles(sftp, files) {
  const open = new Map();
  let last = 0;
  const attributes = (content) => ({ mode: 0o100644, uid: 0, gid: 0, size: content.length, atime: 0, mtime: 0 });
  const named = (handle) => open.get(handle.readUInt32BE(0));
  sftp.on('OPEN', (id, path, flags) => {
    if (flags & OPEN_MODE.CREAT && flagsToString(flags)?.startsWith('w')) files.set(path, Buffer.alloc(0));
    if (!files.has(path)) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(last += 1);
    open.set(last, { path, pieces: [], end: 0 });
    return sftp.handle(id, handle);
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const content = files.get(named(handle).path);
    if (offset >= content.length) return sftp.status(id, STATUS_CODE.EOF);
    return sftp.data(id, content.subarray(offset, offset + length));
  });
  sftp.on('WRITE', (id, handle, offset, data) => {
    const file = named(handle);
    file.pieces.push([offset, Buffer.from(data)]);
    file.end = Math.max(file.end, offset + data.length);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('CLOSE', (id, handle) => {
    const { path, pieces, end } = named(handle);
    if (pieces.length > 0) {
      const content = Buffer.alloc(end);
      for (const [offset, data] of pieces) data.copy(content, offset);
      files.set(path, content);
    }
    open.delete(handle.readUInt32BE(0));
    sftp.status(id, STATUS_CODE.OK);
  });
  const stat = (id, content) => (content ? sftp.attrs(id, attributes(content))
    : sftp.status(id, STATUS_CODE.NO_SUCH_FILE));
  sftp.on('STAT', (id, path) => stat(id, files.get(path)));
  sftp.on('LSTAT', (id, path) => stat(id, files.get(path)));
  sftp.on('FSTAT', (id, handle) => stat(id, files.get(named(handle).path)));
  sftp.on('FSETSTAT', (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on('REMOVE', (id, path) => sftp.status(id, files.delete(path) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE));
}

/**
 * Lets a client's connections out, and connections to a port of the server in.
 * @param {object} client of ssh2's Server
 */
function forward(client) {
  const listeners = [];
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const socket = net.connect(destPort, destIP);
    socket.once('error', () => reject());
    socket.once('connect', () => {
      const channel = accept();
      socket.on('error', () => {});
      channel.pipe(socket).pipe(channel);
    });
  });
  client.on('request', (accept, reject, name, info) => {
    if (name !== 'tcpip-forward') return accept?.();
    const listener = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      const { remoteAddress, remotePort } = socket;
      client.forwardOut(info.bindAddr, listener.address().port, remoteAddress, remotePort, (error, channel) => {
        if (error) socket.destroy();
        else socket.pipe(channel).pipe(socket);
      });
    });
    listeners.push(listener);
    return listener.listen(0, '127.0.0.1', () => accept(listener.address().port));
  });
  client.on('close', () => { for (const listener of listeners) listener.close(); });
}

/**
 * Starts an SSH server with exec, sftp and forwarding; user `user`, password `secret`.
 * @returns {Promise<{ server: Server, port: number, files: Map<string, Buffer> }>} listening
 */
async function startSsh() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const files = new Map();
  const server = new Server({ hostKeys: [privateKey.export({ type: 'pkcs1', format: 'pem' })] }, (client) => {
    client.on('error', () => {});
    client.setNoDelay(true);
    client.on('authentication', (context) => {
      const { method, username, password } = context;
      if (method === 'password' && username === 'user' && password === 'secret') context.accept();
      else context.reject(['password']);
    });
    client.on('session', (accept) => {
      const session = accept();
      session.on('exec', (acceptExec, reject, { command }) => {
        const [name, first, second] = command.split(' ');
        if (commands[name] === undefined) return reject();
        return commands[name](acceptExec(), first, name === 'drop' ? client : second);
      });
      session.on('sftp', (acceptSftp) => serveFiles(acceptSftp(), files));
    });
    forward(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: server.address().port, files };
}

module.exports = { startSsh };
