'use strict';

// The programs under test: `RUNTIME program.cjs ROLE OPTIONS`, with options as JSON. Every runtime runs this
// same file
// on its own `net`; BENCH_NET names another module that takes its place. Servers print their ports as a line
// of JSON.

const net = require(process.env.BENCH_NET || 'net');

const HOST = '127.0.0.1';
const BACKLOG = 4096;
/** Seconds after which the program ends by itself if nobody ended it. */
const LIMIT = 180;
/** The idle server reports once for as many connections; bench/load/src/idle.rs knows it too. */
const STEP = 100;

const [role, text = '{}'] = process.argv.slice(2);
const options = JSON.parse(text);

/**
 * Starts a server on a free port.
 * @param {(socket: import('net').Socket) => void} serve called for each connection
 * @param {(port: number) => void} ready called with the port
 */
function listen(serve, ready) {
  const server = net.createServer((socket) => {
    // The load is killed in the middle of its work, which resets its connections.
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen({ port: 0, host: HOST, backlog: BACKLOG }, () => ready(server.address().port));
}

/**
 * Prints what the bench waits for.
 * @param {object} facts
 */
function tell(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}

/**
 * Sends back what comes.
 * @param {import('net').Socket} socket
 */
function answer(socket) {
  socket.on('data', (data) => socket.write(data));
}

/**
 * Reads and counts.
 * @param {import('net').Socket} socket
 */
function discard(socket) {
  let bytes = 0;
  socket.on('data', (data) => {
    bytes += data.length;
  });
  socket.on('close', () => bytes);
}

/**
 * Keeps the JS thread busy for `ms` milliseconds, leaves it alone for as long, and so on.
 * @param {number} ms
 */
function work(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  setTimeout(work, ms, ms);
}

/**
 * Makes connections one after the other: one byte each way, then close.
 * @param {number} index which of the ports comes next
 */
function storm(index) {
  const socket = net.connect({ port: options.ports[index % options.ports.length], host: HOST });
  socket.write('x');
  socket.on('data', () => socket.end());
  socket.on('close', () => storm(index + 1));
}

const roles = {
  /** Echo server; with `busy`, JS is busy for so many ms, then idle for as many. */
  echo() {
    listen(answer, (port) => tell({ port }));
    if (options.busy) work(options.busy);
  },

  /** An echo server, and beside it one that discards. */
  pair() {
    listen(answer, (port) => listen(discard, (bulk) => tell({ port, bulk })));
  },

  /** Takes all that comes. */
  sink() {
    listen(discard, (port) => tell({ port }));
  },

  /** Sends chunks of `chunk` bytes as fast as they are taken. */
  source() {
    const data = Buffer.alloc(options.chunk, 'x');
    listen((socket) => {
      const fill = () => {
        while (socket.write(data));
      };
      socket.on('drain', fill);
      fill();
    }, (port) => tell({ port }));
  },

  /** Answers one byte with one byte; the client closes. */
  byte() {
    listen((socket) => socket.on('data', () => socket.write('x')), (port) => tell({ port }));
  },

  /** Holds connections. The first one is for control; see bench/load/src/idle.rs. */
  idle() {
    const collect = globalThis.gc || (globalThis.Bun && (() => globalThis.Bun.gc(true))) || (() => {});
    const open = [];
    let control;
    listen((socket) => {
      if (!control) {
        control = socket;
        control.on('data', () => {
          collect();
          control.write('.');
        });
        return;
      }
      socket.on('data', () => {});
      open.push(socket);
      if (open.length % STEP === 0) control.write('.');
    }, (port) => tell({ port }));
  },

  /** `conns` loops of short connections at once. */
  storm() {
    for (let index = 0; index < options.conns; index++) storm(index);
  },

  /** `count` writes of `size` bytes in one tick; when all are answered, again. */
  pipeline() {
    const request = Buffer.alloc(options.size, 'x');
    const expected = options.count * options.size;
    const socket = net.connect({ port: options.ports[0], host: HOST });
    let missing = 0;
    const send = () => {
      missing = expected;
      for (let index = 0; index < options.count; index++) socket.write(request);
    };
    socket.on('connect', () => {
      socket.setNoDelay(options.noDelay);
      send();
    });
    socket.on('data', (data) => {
      missing -= data.length;
      if (missing === 0) send();
    });
  },
};

setTimeout(() => process.exit(1), LIMIT * 1000).unref();
roles[role]();
