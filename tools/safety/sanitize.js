'use strict';

const { Failure, main, readOptions } = require('../../scripts/lib/run');
const { BACKENDS, backendOf, oneOf } = require('../lib/options');
const address = require('./address');
const { runMemcheck, runThreads } = require('./rust-tests');
const { chooseSpecs } = require('./specs');

const TOOLS = ['asan', 'leaks', 'tsan', 'valgrind'];

const USAGE = `npm run sanitize -- [OPTIONS]

AddressSanitizer over the addon in node, ThreadSanitizer or valgrind over the Rust tests.

  --tool NAME    asan, leaks, tsan or valgrind; may be repeated (asan and leaks)
  --backend B    uv or tokio (both)
  --only REGEX   the spec files whose name matches (asan)
  --all          more spec files (asan)
  --short        fewer of them (asan)
  --help         this text`;

main(() => {
  const given = readOptions(USAGE, {
    all: { type: 'boolean' },
    backend: { type: 'string', multiple: true, default: BACKENDS },
    only: { type: 'string' },
    short: { type: 'boolean' },
    tool: { type: 'string', multiple: true, default: ['asan', 'leaks'] },
  });
  if (given === null) return;
  const { values } = given;
  for (const tool of values.tool) oneOf('tool', tool, TOOLS);
  for (const backend of values.backend) backendOf(backend);
  const tell = (line) => console.log(line);
  let bad = 0;
  if (values.tool.includes('asan') || values.tool.includes('leaks')) {
    const specs = chooseSpecs(values);
    if (specs.length === 0) throw new Failure('no spec has such a name');
    const build = address.prepare();
    try {
      for (const backend of values.backend) {
        if (values.tool.includes('asan')) bad += address.runSpecs(build, specs, backend, tell);
        if (values.tool.includes('leaks')) bad += address.runLeaks(build, backend, tell);
      }
    } finally {
      address.finish(build);
    }
  }
  if (values.tool.includes('tsan')) bad += runThreads(tell);
  if (values.tool.includes('valgrind')) bad += runMemcheck(tell);
  if (bad > 0) throw new Failure(`${bad} with findings`);
});
