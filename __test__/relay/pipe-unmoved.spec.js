'use strict';

// Pipes of two sockets that the engine does not move.

const { PassThrough } = require('stream');
const { collect, describeRsnet, root, spawnNode } = require('../helpers');
const { bytes, describePipes, onLinux } = require('../helpers/piped');
const { twoPairs } = require('../helpers/relayed');

describePipes(({ isOwn, net }) => {
  (isOwn ? test : test.skip)('what may not be relayed is not', async () => {
    const cases = {
      'a listener of data': (a, b) => { a.on('data', () => {}); a.pipe(b); },
      'a listener of pause': (a, b) => { a.on('pause', () => {}); a.pipe(b); },
      'a listener of drain': (a, b) => { b.on('drain', () => {}); a.pipe(b); },
      'a listener of newListener': (a, b) => { b.on('newListener', () => {}); a.pipe(b); },
      'two destinations': (a, b) => { a.pipe(b); a.pipe(new PassThrough()).resume(); },
      'a transform': (a, b) => { a.pipe(new PassThrough()).pipe(b); },
      'replaced write': (a, b) => {
        const { write } = b;
        b.write = (...args) => write.apply(b, args);
        a.pipe(b);
      },
      'an encoding': (a, b) => { a.setEncoding('latin1'); b.setDefaultEncoding('latin1'); a.pipe(b); },
      'a short timeout': (a, b) => { a.setTimeout(500); a.pipe(b); },
      'no pipe': (a, b) => { a.on('data', (chunk) => b.write(chunk)); a.on('end', () => b.end()); },
    };
    const { commands, getBridge } = require('../../lib/addon/bridge');
    getBridge();
    const lend = jest.spyOn(commands, 'lendToRelay');
    try {
      await Promise.all(Object.values(cases).map(async (join) => {
        const { left, a, b, right } = await twoPairs(net, { own: { allowHalfOpen: true } });
        join(a, b);
        left.end(bytes.subarray(0, 3_000_000));
        expect((await collect(right)).length).toBeGreaterThanOrEqual(3_000_000);
      }));
      expect(lend).not.toHaveBeenCalled();
    } finally {
      lend.mockRestore();
    }
  });
});

describeRsnet('pipes that the engine does not move', () => {
  const program = () => {
    const { Readable } = require('stream');
    if (process.argv[2] === 'changed') {
      const { pipe } = Readable.prototype;
      Readable.prototype.pipe = function changed(to, options) {
        pipe.call(this, to, options);
        const [onData] = this.listeners('data');
        this.off('data', onData);
        this.on('data', (chunk) => onData(chunk));
        return to;
      };
    }
    const own = require(process.argv[1]);
    const { commands } = require(`${process.argv[1]}/lib/addon/bridge`);
    let lent = 0;
    const sink = own.createServer((socket) => socket.resume().on('end', () => socket.end()));
    sink.listen(0, '127.0.0.1', () => {
      const { lendToRelay } = commands;
      commands.lendToRelay = (...slots) => {
        lent++;
        return lendToRelay(...slots);
      };
      const proxy = own.createServer((a) => {
        const b = own.connect(sink.address().port, '127.0.0.1');
        a.pipe(b).pipe(a);
        a.on('close', () => {
          console.log(a.bytesRead, b.bytesWritten, lent > 0);
          proxy.close();
          sink.close();
        });
      });
      proxy.listen(0, '127.0.0.1', () => {
        own.connect(proxy.address().port, '127.0.0.1').resume().end(Buffer.alloc(5_000_000));
      });
    });
  };

  test.each([
    ['by default they are moved', '', {}, 'true', /^$/],
    ['RSNET_NO_PIPE_RELAY=1', '', { RSNET_NO_PIPE_RELAY: '1' }, 'false', /^$/],
    ['a pipe() that is not Node\'s', 'changed', {}, 'false', /RSNET_DEGRADED.*listeners of readable\.pipe/],
  ])('%s', async (title, how, env, lent, warning) => {
    // The program loads rsnet itself, behind its change.
    const child = await spawnNode('net', program, { args: [root, how], env });
    expect(child).toMatchObject({ code: 0, stdout: `5000000 5000000 ${onLinux && lent}\n` });
    // The warning comes with the first pipe in bulk.
    expect(child.stderr).toMatch(onLinux ? warning : /^$/);
  });
});
