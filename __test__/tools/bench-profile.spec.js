'use strict';

const { countShares } = require('../../tools/bench/profile/shares');

/** What perf-script(1) prints of some samples. */
function text(samples) {
  return samples.flatMap(([thread, ...frames]) => [`${thread} `, ...frames.map((frame) => `\t    7f00 ${frame}`), '']);
}

const LOOP = ['uv__io_poll (/usr/bin/node)', 'uv_run (/usr/bin/node)', 'main (/usr/bin/node)'];

describe('the bench\'s profile', () => {
  test.each([
    ['kernel', ['tcp_sendmsg ([kernel.kallsyms])', 'do_syscall_64 ([kernel.kallsyms])', 'write (/lib/libc.so.6)']],
    ['socket', ['exc_page_fault ([kernel.kallsyms])', 'uv__read (/usr/bin/node)']],
    ['socket', ['Builtins_LoadIC (/usr/bin/node)', 'JS:*onread node:internal/stream_base_commons:1:2 (/tmp/p.map)']],
    ['socket', ['memmove (/lib/libc.so.6)', 'JS:*write /x/node_modules/rsnet/lib/writer.js:9:1 (/tmp/perf-1.map)']],
    ['socket', ['malloc (/lib/libc.so.6)', 'rsnet::bridge::run (/x/rsnet.linux-x64-gnu.node)']],
    ['streams', ['Builtins_Call (/usr/bin/node)', 'JS:*push node:internal/streams/readable:1:1 (/tmp/perf-1.map)']],
    ['protocol', ['llhttp__internal_execute (/usr/bin/node)', 'uv__read (/usr/bin/node)']],
    ['runtime', ['JS:*emit node:events:500:1 (/tmp/perf-1.map)', 'JS:*run /app/rsnet/server.js:1:1 (/tmp/perf-1.map)']],
    ['program', ['Builtins_Add (/usr/bin/node)', 'JS:*run /app/rsnet/server.js:1:1 (/tmp/perf-1.map)']],
    ['gc', ['v8::internal::Scavenger::Process (/usr/bin/node)', 'JS:*run /app/server.js:1:1 (/tmp/perf-1.map)']],
    ['runtime', ['v8::internal::Compiler::Compile (/usr/bin/node)']],
  ])('%s: %j', (part, frames) => {
    const { samples, shares } = countShares(text([['MainThread', ...frames, ...part === 'runtime' ? [] : LOOP]]));
    expect(samples).toBe(1);
    expect(Object.entries(shares).filter(([, share]) => share > 0)).toEqual([[part, 1]]);
  });

  test('other threads than the main one and rsnet\'s are a part of their own', () => {
    const { samples, shares } = countShares(text([
      ['V8Worker', 'v8::internal::Scavenger::Process (/usr/bin/node)'],
      ['rsnet-relay', 'splice ([kernel.kallsyms])', 'do_syscall_64 ([kernel.kallsyms])'],
      ['node', 'uv__read (/usr/bin/node)'],
      ['MainThread', 'uv__read (/usr/bin/node)'],
    ]));
    expect(samples).toBe(4);
    expect(shares).toMatchObject({ threads: 0.25, kernel: 0.25, socket: 0.5 });
  });
});
