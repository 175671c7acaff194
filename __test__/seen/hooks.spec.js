'use strict';

/* global net, watched -- given to the code of a child */

// What tools see that watch async_hooks, as why-is-node-running and jest --detectOpenHandles do.

const { describeRsnet, implementations, spawnNode } = require('../helpers');
const { REGISTER, runMode } = require('../helpers/registered');

/** Begins to watch; `watched(types)` gives what was made, is not destroyed, and does not say it is unref'd. */
const WATCH = `
  const open = new Map();
  require('async_hooks').createHook({
    init(id, type, trigger, resource) {
      const { stack } = new Error();
      open.set(id, { type, stack, resource: new WeakRef(resource) });
    },
    destroy(id) { open.delete(id); },
  }).enable();
  globalThis.watched = (types) => [...open.values()]
    .filter(({ type, resource }) => types.test(type) && (resource.deref()?.hasRef?.() ?? true));
`;

describe.each(implementations)('%s', (name) => {
  test('a resource that is unref\'d, or closed, says so; its stack has the program\'s lines', async () => {
    const { stdout, stderr } = await spawnNode(name, `${WATCH}(${() => {
      const limit = Error.stackTraceLimit;
      const wraps = /^TCP(SERVER)?WRAP$/;
      const note = (title) => console.log(title, watched(wraps).map(({ type }) => type).sort().join());
      const server = net.createServer((peer) => peer.resume());
      const inner = () => server.listen(0, () => {
        const innerConnect = () => net.connect(server.address().port);
        const outerConnect = () => innerConnect();
        const client = outerConnect();
        client.on('connect', () => {
          for (const { type, stack } of watched(wraps)) console.log(type, /outer|outerConnect/.test(stack));
          server.unref();
          note('unref');
          server.ref();
          client.end();
        });
        client.on('close', () => server.close(() => setImmediate(() => setImmediate(note, 'closed'))));
      });
      const outer = () => inner();
      outer();
      console.log(Error.stackTraceLimit === limit);
    }})();`);
    const [first, ...lines] = stdout.trim().split('\n');
    expect(stderr).toBe('');
    expect(first).toBe('true');
    expect(lines).toEqual(expect.arrayContaining(['TCPSERVERWRAP true', 'TCPWRAP true']));
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^unref TCPWRAP(,TCPWRAP)?$/), 'closed']);
  });
});

describeRsnet('what is rsnet\'s own', () => {
  test('is not listed', async () => {
    const { stdout, stderr } = await spawnNode('net', `${WATCH}(${() => {
      const rsnet = require(process.argv[1]);
      const server = rsnet.createServer((peer) => peer.resume()).listen(0, () => {
        const client = rsnet.connect(server.address().port, () => client.end());
        client.resume().on('close', () => setTimeout(() => {
          const known = /^(TCP.*|PIPE.*|Timeout|TickObject|Immediate|GETADDRINFOREQWRAP|DNSCHANNEL|SHUTDOWNWRAP|TTYWRAP)$/;
          console.log(watched(/./).map(({ type }) => type).filter((type) => !known.test(type)).join());
          server.close();
        }, 1));
      });
    }})();`, { args: [require('../helpers').root] });
    expect({ stdout, stderr }).toEqual({ stdout: '\n', stderr: '' });
  });

  test('no tick comes with a standard stream, which is a Socket on a pipe', async () => {
    const callbacks = (flags) => runMode(flags, async () => {
      const { createHook } = require('async_hooks');
      // Node makes the stream when a program asks for it.
      Reflect.get(process, 'stderr');
      let count = 0;
      const hook = createHook({ before() { count++; } }).enable();
      await new Promise(setImmediate);
      hook.disable();
      return count;
    });
    expect(await callbacks(['-r', REGISTER])).toBe(await callbacks([]));
  });
});
