'use strict';

const path = require('path');
const { implementations, requirePath, spawnNode, tempPath } = require('../helpers');

const PROGRAM = path.join(__dirname, '..', 'fixtures', 'lifecycle', 'end-threads.js');
/** How many threads; each ends in a callback a little later than the one before. */
const THREADS = 30;

describe.each(implementations)('%s: a thread that ends inside any of its callbacks', (name) => {
  test.each([['by process.exit()', 'exit'], ['by an exception', 'throw'], ['terminated by another', 'terminate']])(
    '%s: no callback comes later, no socket is left', async (_how, ending) => {
      const source = 'require(process.argv[1]);';
      const args = [PROGRAM, requirePath(name), ending, String(THREADS), tempPath()];
      const { code, signal, stderr, stdout } = await spawnNode(name, source, { args, limit: 60000 });
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
      const { ended, late, problems, sockets, where } = JSON.parse(stdout);
      expect({ ended, late, problems, sockets }).toEqual({ ended: THREADS, late: 0, problems: [], sockets: 0 });
      // It has been the middle of everything.
      expect(Object.keys(where).length).toBeGreaterThan(10);
    }, 70000);
});
