'use strict';

/* global net -- given by spawnNode to the code of a child */

const { implementations, spawnNode } = require('../helpers');

/**
 * Open servers and quiet connections, then tell what the process used over half a second in which nothing happens.
 *
 * Counted, not timed: how often the kernel gave the processor to one of the process's threads, and the ticks (1/100 s)
 * they ran. A thread that polls, even only every millisecond, is counted in hundreds.
 */
function idle() {
  const fs = require('fs');
  const usage = () => {
    let switches = 0;
    let ticks = 0;
    for (const task of fs.readdirSync('/proc/self/task')) {
      const status = fs.readFileSync(`/proc/self/task/${task}/status`, 'utf8');
      switches += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1]);
      const fields = fs.readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ')[1].split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return { switches, ticks };
  };
  const CONNECTIONS = 20;
  let open = 0;
  const server = net.createServer((peer) => {
    peer.write('x');
    peer.resume();
  });
  server.listen(0, '127.0.0.1', () => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const client = net.connect(server.address().port, '127.0.0.1');
      // Half of them are read on, half are paused with data behind.
      client.once('data', () => {
        if (i % 2) client.pause();
        if (++open === CONNECTIONS) settle();
      });
      client.on('data', () => {});
    }
  });
  const settle = () => {
    // What starting up left to do (compiling, collecting) is done before the measurement.
    setTimeout(() => {
      const before = usage();
      setTimeout(() => {
        const after = usage();
        console.log(JSON.stringify({ switches: after.switches - before.switches, ticks: after.ticks - before.ticks }));
        process.exit();
      }, 500);
    }, 500);
  };
}

(process.platform === 'linux' ? describe : describe.skip).each(implementations)('%s an idle process', (name) => {
  test('uses no processor', async () => {
    const { stdout, stderr } = await spawnNode(name, idle);
    expect(stderr).toBe('');
    const { switches, ticks } = JSON.parse(stdout);
    expect(switches).toBeLessThan(100);
    expect(ticks).toBeLessThan(10);
  });
});
