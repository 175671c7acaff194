'use strict';
// packages: nodemailer smtp-server

const { once } = require('node:events');
const { Readable } = require('node:stream');
const nodemailer = require('nodemailer');
const { SMTPServer } = require('smtp-server');
const { bytes, digest, main, report, tls } = require('../kit');
const { emitted, failure, hash, parallel, tally } = require('../lib/work');

const { ca, cert, key } = tls();

/**
 * Starts a server that keeps what it is given.
 * @param {object} [options] of SMTPServer
 * @returns {Promise<object>} the server, its port, the mails and the number of its connections
 */
async function start(options) {
  const mails = [];
  let connections = 0;
  const server = new SMTPServer({
    cert,
    key,
    size: 64 << 20,
    authOptional: true,
    closeTimeout: 1,
    onConnect(session, done) { connections += 1; done(); },
    onAuth({ username, password }, session, done) {
      if (username === 'user' && password === 'secret') done(null, { user: username });
      else done(new Error('not you'));
    },
    onMailFrom({ address }, session, done) {
      if (address.startsWith('nobody')) done(Object.assign(new Error('no sender'), { responseCode: 550 }));
      else done();
    },
    async onData(stream, session, done) {
      const text = Buffer.concat(await stream.toArray()).toString('latin1');
      mails.push({ text, secure: session.secure, to: session.envelope.rcptTo.map(({ address }) => address) });
      done(null, 'taken');
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return { server, mails, port: server.server.address().port, connections: () => connections };
}

/**
 * @param {object} receiver of `start`
 * @returns {Promise<void>} when it has closed
 */
function stop({ server }) {
  return new Promise((resolve) => { server.close(resolve); });
}

/**
 * The attachments of a mail as they came.
 * @param {{ text: string }} mail
 * @returns {object[]} name, length and SHA-256 of each
 */
function attachments({ text }) {
  const boundary = /boundary="([^"]+)"/.exec(text)[1];
  return text.split(`--${boundary}`).flatMap((part) => {
    const name = /filename=(\S+)/.exec(part)?.[1];
    if (name === undefined) return [];
    const body = part.slice(part.indexOf('\r\n\r\n') + 4);
    return [{ name, ...digest(Buffer.from(body, 'base64')) }];
  });
}

/**
 * What is alike for each way to connect.
 * @param {string} name of it
 * @param {object} serverOptions
 * @param {object} options of nodemailer
 */
async function mailing(name, serverOptions, options) {
  const receiver = await start(serverOptions);
  const target = {
    host: 'localhost', port: receiver.port, auth: { user: 'user', pass: 'secret' }, tls: { ca }, ...options,
  };
  const transport = nodemailer.createTransport(target);
  await report(`${name}: verified`, transport.verify());
  await report(`${name}: a mail`, transport.sendMail({
    from: 'a@example.org', to: ['b@example.org', 'c@example.org'], subject: 'grüße', text: 'one\n.\n..two\nthree',
  }).then(({ accepted, response }) => [accepted, response]));
  const [first] = receiver.mails;
  await report(`${name}: as it came`, [first.secure, first.to, /one\r\n\.\r\n\.\.two\r\nthree/.test(first.text)]);
  await report(`${name}: attachments`, (async () => {
    const pieces = Array.from({ length: 64 }, (_, n) => bytes(50_000, n));
    await transport.sendMail({
      from: 'a@example.org',
      to: 'b@example.org',
      text: 'see below',
      attachments: [
        { filename: 'buffer.bin', content: bytes(5 << 20) },
        { filename: 'stream.bin', content: Readable.from(pieces) },
        { filename: 'small.bin', content: bytes(1, 7) },
      ],
    });
    return attachments(receiver.mails[1]);
  })());
  await report(`${name}: a wrong password`, failure(nodemailer.createTransport({
    ...target, auth: { user: 'user', pass: 'wrong' },
  }).sendMail({ from: 'a@example.org', to: 'b@example.org', text: '' })));
  await report(`${name}: a refused sender`, failure(transport.sendMail({
    from: 'nobody@example.org', to: 'b@example.org', text: '',
  })));
  transport.close();
  await stop(receiver);
}

/**
 * Many mails over few connections.
 * @param {string} name
 * @param {object} options of nodemailer
 */
async function pooled(name, options) {
  const receiver = await start();
  const pool = nodemailer.createTransport({
    host: 'localhost', port: receiver.port, tls: { ca }, pool: true, maxConnections: 5, maxMessages: Infinity,
    ...options,
  });
  const found = await parallel(100, 100, async (n) => {
    const { accepted } = await pool.sendMail({
      from: 'a@example.org',
      to: `to-${n}@example.org`,
      subject: `number ${n}`,
      text: bytes(2000 * n, n).toString('hex'),
    });
    return accepted.length;
  });
  await report(`${name}: 100 mails`, tally(found));
  await report(`${name}: connections`, receiver.connections());
  const numbers = receiver.mails.map(({ text, to }) => {
    const n = Number(/number (\d+)/.exec(text)[1]);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/=\r\n|\r\n/g, '');
    return `${to[0] === `to-${n}@example.org`} ${body === bytes(2000 * n, n).toString('hex')}`;
  });
  await report(`${name}: as they came`, tally(numbers));
  pool.close();
  await stop(receiver);
}

/** Servers that hang up, stall, or are not there. */
async function faults() {
  const receiver = await start({
    onData(stream, session, done) {
      stream.once('data', () => {
        for (const { _socket: socket } of receiver.server.connections) socket.destroy();
      });
      stream.on('error', () => {});
      stream.on('end', done);
    },
  });
  const { port } = receiver;
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  const mail = { from: 'a@example.org', to: 'b@example.org', text: bytes(4 << 20).toString('hex') };
  // Which error it is depends on how much had been sent.
  await report('hung up in the middle of a mail', failure(transport.sendMail(mail))
    .then((text) => /^Error E/.test(text)));
  await report('a certificate of nobody known', failure(nodemailer.createTransport({ host: 'localhost', port })
    .sendMail(mail)));
  await stop(receiver);
  await report('nobody there', failure(transport.sendMail(mail)));

  const silent = await start({ onConnect() {} });
  const connected = emitted(silent.server.server, 'connection');
  const waiting = failure(nodemailer.createTransport({
    host: '127.0.0.1', port: silent.port, greetingTimeout: 200,
  }).sendMail(mail));
  const [socket] = await connected;
  await report('no greeting', waiting);
  await report('what the server saw of it', hash(socket).catch(({ code }) => code).then(({ length }) => length));
  await stop(silent);
}

main(async () => {
  await mailing('plain', { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }, { ignoreTLS: true });
  await mailing('STARTTLS', {}, { requireTLS: true });
  await mailing('TLS', { secure: true }, { secure: true });
  await pooled('pool', { ignoreTLS: true });
  await pooled('pool by STARTTLS', { requireTLS: true });
  await faults();
});
