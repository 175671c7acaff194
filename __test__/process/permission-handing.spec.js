'use strict';

/* global net -- given to the code of a child */

// What goes from hand to hand under the permission model: to other threads, to workers of a cluster, back to an agent.

const { describeRsnet, root: folder } = require('../helpers');
const { hostHandleHas } = require('../helpers/features');
const { ALLOW_NET, hasNetScope, ownWays, permitted, sameUnderPermission } = require('../helpers/permission');

/**
 * What crosses between threads whose permissions differ.
 *
 * @param {Function} tell
 * @param {string} root the package's folder
 */
const threads = (tell, root) => {
  const required = net === require('net') ? 'net' : root;
  const { Worker } = require('worker_threads');
  const worker = new Worker(`
    const { parentPort } = require('worker_threads');
    const net = require(${JSON.stringify(required)});
    process.permission.drop('net');
    parentPort.on('message', ({ socket, bound }) => {
      if (socket) socket.end('from the thread');
      if (bound) {
        try {
          net.createServer().listen(bound);
        } catch (error) {
          parentPort.postMessage(['listen', error.code]);
        }
      }
    });
    parentPort.on('messageerror', (error) => parentPort.postMessage(['messageerror', error.code]));
    net.connect(1, '127.0.0.1').on('error', (error) => parentPort.postMessage(['connect', error.code]));
  `, { eval: true });
  const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  const next = () => new Promise((resolve) => worker.once('message', resolve));
  const connect = ({ port }) => net.connect(port, '127.0.0.1').on('error', (error) => tell('error', error.code));
  (async () => {
    tell(...await next());
    const server = await listen(net.createServer());
    const address = server.address();
    worker.postMessage({ server }, [server]);
    tell(...await next());
    await new Promise((resolve) => connect(address).on('close', resolve));
    const bound = new net.BoundSocket();
    worker.postMessage({ bound }, [bound]);
    tell(...await next());
    const giving = await listen(net.createServer({ pauseOnConnect: true }, (socket) => {
      worker.postMessage({ socket }, [socket]);
    }));
    connect(giving.address()).on('data', (data) => tell(String(data))).on('close', () => process.exit());
  })();
};

/**
 * A worker of a cluster that has no permission for the network, whose primary has.
 *
 * @param {Function} tell
 * @param {string} policy
 * @param {string} root the package's folder
 */
const clustered = (tell, policy, root) => {
  const required = net === require('net') ? 'net' : root;
  const cluster = require('cluster');
  const flags = process.execArgv.slice(0, process.execArgv.indexOf('-e')).filter((flag) => flag !== '--allow-net');
  cluster.schedulingPolicy = cluster[policy];
  cluster.setupPrimary({ exec: 'worker', execArgv: [...flags, '-e', `
    const net = require(${JSON.stringify(required)});
    const told = (...values) => process.send(values);
    process.on('uncaughtException', ({ code }) => process.send(['uncaught', code], () => process.exit()));
    told('permission', process.permission.has('net'));
    try {
      net.createServer().listen({ port: 0, exclusive: true }, () => told('alone'));
    } catch (error) {
      told('alone', error.code);
    }
    net.createServer((socket) => socket.end('from a worker')).listen(0, '127.0.0.1', () => told('with others'));
  `] });
  const worker = cluster.fork();
  worker.on('message', (values) => tell(...values));
  cluster.on('listening', (_worker, { port }) => {
    net.connect(port, '127.0.0.1').on('data', (data) => tell(String(data))).on('close', () => worker.kill());
  });
  worker.on('exit', () => process.exit());
};

/**
 * An idle connection of an HTTP agent, to which something happens; and one more request.
 *
 * @param {Function} tell
 * @param {string} event
 */
const idle = (tell, event) => {
  const http = require('http');
  const answer = (text) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  const events = {
    nothing(peer, done) { done(); },
    data(peer) { peer.write(answer('not asked for')); },
    end(peer) { peer.end(); },
    reset(peer) { peer.resetAndDestroy(); },
  };
  const agent = new http.Agent({ keepAlive: true });
  const peers = [];
  const server = net.createServer((peer) => {
    peers.push(peer);
    peer.on('data', () => peer.write(answer('answer'))).on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => {
    const get = (callback) => {
      http.get({ agent, host: '127.0.0.1', port: server.address().port }, (response) => {
        const { socket } = response;
        response.setEncoding('utf8').on('data', (text) => tell(text)).on('end', () => callback(socket));
      });
    };
    get((socket) => {
      agent.once('free', () => setImmediate(() => {
        const again = () => {
          tell(socket.destroyed, Object.keys(agent.freeSockets).length);
          get((other) => {
            tell(other === socket, peers.length);
            process.exit();
          });
        };
        socket.on('close', again);
        events[event](peers[0], again);
      }));
    });
  });
};

/**
 * A server that goes to another thread by what the permission model allows, and one whose message is lost.
 *
 * @param {Function} tell
 * @param {string} root the package's folder
 */
const carried = (tell, root) => {
  const { MessageChannel, Worker } = require('worker_threads');
  const worker = new Worker(`
    const { parentPort } = require('worker_threads');
    require(${JSON.stringify(root)});
    parentPort.once('message', ({ server }) => {
      server.on('connection', (socket) => {
        socket.end('from the thread');
        server.close();
      });
      parentPort.postMessage(server.listening);
      parentPort.close();
    });
  `, { eval: true });
  const untilRefused = (port, done) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.destroy());
    socket.on('error', () => {}).on('close', (refused) => (refused ? done() : untilRefused(port, done)));
  };
  const lost = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = lost.address();
    const { port1, port2 } = new MessageChannel();
    port1.postMessage({ lost }, [lost]);
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      port2.close();
      untilRefused(port, () => tell('lost'));
    });
  });
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    worker.postMessage({ server }, [server]);
    worker.once('message', (listening) => {
      tell('listening', listening);
      net.connect(port, '127.0.0.1').on('data', (data) => tell(String(data)));
    });
  });
};

const EVENTS = ['nothing', 'end', 'reset'];
// An agent of a Node that does not look for it takes it for the next answer.
if (hostHandleHas('hasPendingRead')) EVENTS.push('data');

describe.each(EVENTS)('an idle connection of an agent', (event) => {
  sameUnderPermission(event, ALLOW_NET, idle, { args: () => [event] });
});

if (hasNetScope) {
  describe.each([['SCHED_RR'], ['SCHED_NONE']])('%s', (policy) => {
    sameUnderPermission('a worker without --allow-net', ['--allow-net', '--allow-child-process'], clustered, {
      args: () => [policy, folder],
    });
  });
  sameUnderPermission('threads', ['--allow-net', '--allow-worker'], threads, { args: () => [folder] });
}

describeRsnet('to other threads', () => {
  test.each(ownWays)('%s: a server is carried, and closed when it is lost', async (...way) => {
    const told = await permitted(way, [...ALLOW_NET, '--allow-worker'], carried, [folder]);
    expect(told).toContainEqual(['lost']);
    expect(told.filter(([what]) => what !== 'lost')).toEqual([['listening', true], ['from the thread']]);
  });
});
