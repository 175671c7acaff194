'use strict';

const { Running } = require('../../tools/bench/process');
const { untilInterruptible } = require('../../tools/bench/tools');
const { describeLinux } = require('../helpers');

/** A program that answers SIGINT once it has begun; before, SIGINT ends it. A shell begins it, as it does all tools. */
const PROGRAM = [
  '-c', 'exec "$@"', 'sh',
  'perl', '-e', '$| = 1; select(undef, undef, undef, 0.3); $SIG{INT} = sub { print "{}\\n"; exit }; sleep 20',
];

describeLinux('the tools of the bench', () => {
  test('a tool of the bench is interrupted only when it catches that', async () => {
    const running = new Running({ file: 'sh', args: PROGRAM }, 20);
    try {
      await untilInterruptible(running, 'perl');
      running.child.kill('SIGINT');
      await expect(running.json()).resolves.toEqual({});
    } finally {
      await running.stop();
    }
  });

  test('nothing waits for a tool that has ended before', async () => {
    const running = new Running({ file: 'sh', args: ['-c', 'exit 3'] }, 20);
    await untilInterruptible(running, 'perl');
    await running.ended;
    await expect(running.json()).rejects.toThrow('ended with code 3');
  });
});
