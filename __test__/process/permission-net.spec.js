'use strict';

/* global net -- given to the code of a child */

// The network scope of the permission model (`node --permission` without `--allow-net`), which came with Node 25.

const { describeRsnet, root, tempPath } = require('../helpers');
const { hasNetScope, ownWays, permitted, sameUnderPermission } = require('../helpers/permission');

/**
 * What a refused call does, and when: each of `cases` is run with `(begin, end)`, one after the other.
 *
 * @param {Function} tell
 * @param {string} where a path
 */
const refusals = async (tell, where) => {
  const dns = require('dns');
  const http = require('http');
  const https = require('https');
  const tls = require('tls');
  const channel = require('diagnostics_channel');
  channel.subscribe('node:permission-model:net', ({ permission, resource }) => tell('published', permission, resource));
  const lookup = (...addresses) => (host, options, callback) => {
    tell('lookup called');
    const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
    setImmediate(() => (options.all ? callback(null, found) : callback(null, found[0].address, found[0].family)));
  };
  const socket = (made, end) => {
    for (const name of ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'error']) {
      made.on(name, (...values) => tell(name, ...values));
    }
    made.on('close', (hadError) => {
      tell('close', hadError, made.destroyed, made.connecting, made.pending);
      end();
    });
  };
  const connect = (...args) => (end) => socket(net.connect(...args), end);
  const listen = (server, ...args) => (end) => {
    server.on('error', (error) => {
      tell('error', error, server.listening);
      setImmediate(end);
    });
    server.on('listening', () => tell('listening'));
    server.listen(...args);
  };
  const request = (agent, options) => (end) => {
    const made = agent.get(options);
    made.on('error', (error) => tell('error', error)).on('close', end);
  };
  const blockList = new net.BlockList();
  blockList.addAddress('127.0.0.1');
  const cases = {
    'connect to a name': connect(1, 'localhost'),
    'connect to a name, one family': connect({ port: 1, host: 'localhost', family: 4 }),
    'connect to a name, no autoselection': connect({ port: 1, host: 'localhost', autoSelectFamily: false }),
    'connect to IPv4': connect(1, '127.0.0.1'),
    'connect to IPv6': connect(1, '::1'),
    'connect to a scoped address': connect(1, 'fe80::1%lo'),
    'connect to what a lookup gives': connect({ port: 1, host: 'a', lookup: lookup('127.0.0.1') }),
    'connect to all that a lookup gives': connect({ port: 1, host: 'a', lookup: lookup('127.0.0.1', '::1') }),
    'connect to a path': connect(where),
    'connect to a path like an address': connect({ path: '127.0.0.1' }),
    'connect to an abstract path': connect('\0rsnet'),
    'connect to a path that is too long': connect('x'.repeat(200)),
    'connect to a bad port': connect(70000, '127.0.0.1'),
    'connect to a blocked address': connect({ port: 1, host: '127.0.0.1', blockList }),
    'connect from an address': connect({ port: 1, host: '127.0.0.1', localAddress: '127.0.0.1' }),
    'connect from a port': connect({ port: 1, host: 'a', lookup: lookup('127.0.0.1', '::1'), localPort: 1 }),
    'connect twice': (end) => {
      const made = net.connect(1, '127.0.0.1');
      made.once('close', () => made.connect(1, '127.0.0.1'));
      let left = 2;
      socket(made, () => --left === 0 && end());
    },
    'listen': listen(net.createServer(), 0),
    'listen on an address': listen(net.createServer(), 0, '127.0.0.1'),
    'listen on a name': listen(net.createServer(), 0, 'localhost'),
    'listen on a path': listen(net.createServer(), where),
    'listen on a path for all': listen(net.createServer(), { path: where, readableAll: true }),
    'listen on an abstract path': listen(net.createServer(), '\0rsnet'),
    'listen on stdin': listen(net.createServer(), { fd: 0 }),
    'listen on no descriptor': listen(net.createServer(), { fd: 9999 }),
    'a socket on no descriptor': () => new net.Socket({ fd: 9999 }),
    'http': request(http, { port: 1, host: '127.0.0.1' }),
    'http on a path': request(http, { socketPath: where }),
    'http with an agent': request(http, {
      port: 1, host: '127.0.0.1', agent: new http.Agent({ keepAlive: true }),
    }),
    'https': request(https, { port: 1, host: '127.0.0.1' }),
    'tls': (end) => socket(tls.connect({ port: 1, host: '127.0.0.1' }), end),
    'tls to a name': (end) => socket(tls.connect({ port: 1, host: 'localhost' }), end),
    'tls on a path': (end) => socket(tls.connect({ path: where }), end),
    'http listens': listen(http.createServer(), 0),
    'tls listens': listen(tls.createServer(), where),
    'lookup': (end) => {
      dns.lookup('localhost', (error) => {
        tell('answer', error);
        end();
      });
    },
  };
  if (net.BoundSocket) {
    cases.bind = () => new net.BoundSocket();
    cases['bind IPv6'] = () => new net.BoundSocket({ host: '::1' });
    cases['bind a path'] = () => new net.BoundSocket({ path: where });
  }
  for (const [name, run] of Object.entries(cases)) {
    await new Promise((resolve) => {
      tell(name);
      const end = () => setImmediate(resolve);
      process.once('uncaughtException', (error) => {
        tell('uncaught', error);
        end();
      });
      try {
        run(() => {
          process.removeAllListeners('uncaughtException');
          end();
        });
        tell('returned');
        process.nextTick(() => tell('tick'));
      } catch (error) {
        tell('thrown', error);
        process.removeAllListeners('uncaughtException');
        end();
      }
    });
  }
};

/**
 * What is refused once the permission was given back, and what goes on.
 *
 * @param {Function} tell
 */
const dropping = (tell) => {
  const fs = require('fs');
  const directory = fs.mkdtempSync(`${require('os').tmpdir()}/rsnet-`);
  process.on('exit', () => fs.rmSync(directory, { recursive: true }));
  const server = net.createServer((peer) => peer.pipe(peer));
  const attempt = (name, run) => {
    try {
      run().on('error', (error) => tell(name, 'error', error.code, error.message)).on('listening', () => tell(name));
      tell(name, 'returned');
    } catch (error) {
      tell(name, 'thrown', error);
    }
  };
  const serve = (...args) => () => net.createServer().listen(...args);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    const { fd } = server._handle;
    const bound = net.BoundSocket && [new net.BoundSocket(), new net.BoundSocket(), new net.BoundSocket({
      path: `${directory}/bound`,
    })];
    const client = net.connect(port, '127.0.0.1', () => {
      process.permission.drop('net');
      client.end('still open');
    });
    client.setEncoding('utf8').on('data', (text) => tell(text)).on('close', () => {
      attempt('connect', () => net.connect(1, '127.0.0.1'));
      attempt('a descriptor', () => new net.Socket({ fd }));
      attempt('listen on a server', serve(server));
      attempt('listen on a handle', serve({ handle: server._handle }));
      attempt('listen on a descriptor', serve({ fd }));
      if (bound) {
        attempt('listen on a bound port', serve(bound[0]));
        attempt('listen on a bound path', serve(bound[2]));
        attempt('connect a bound socket', () => new net.Socket({ handle: bound[1] }).connect(1, '127.0.0.1'));
      }
      setImmediate(() => process.exit());
    });
  });
};

if (hasNetScope) {
  sameUnderPermission('what is refused without --allow-net', [], refusals, {
    args: () => [tempPath()],
    check(told) {
      const refused = told.filter(([what, error]) => what === 'error' && error.code === 'ERR_ACCESS_DENIED');
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.some(([, error]) => error.errno?.permission === 'Net')).toBe(true);
      expect(told.filter(([what]) => what === 'listening' || what === 'connect')).toEqual([]);
    },
  });
  sameUnderPermission('after process.permission.drop()', ['--allow-net'], dropping, {
    check(told) {
      expect(told[0]).toEqual(['still open']);
    },
  });
} else {
  test('the host has no network scope', () => {});
}

describeRsnet('the connector for undici', () => {
  (hasNetScope ? test : test.skip).each(ownWays)('%s: a refused connect', async (...way) => {
    const told = await permitted(way, [], (tell, folder) => {
      const target = { protocol: 'http:', hostname: '127.0.0.1', port: '1' };
      require(`${folder}/lib/interop/undici.js`).connector()(target, ({ code, errno }) => tell(code, errno.resource));
    }, [root]);
    expect(told).toEqual([['ERR_ACCESS_DENIED', '127.0.0.1']]);
  });
});
