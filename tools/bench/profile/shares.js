'use strict';

// What the samples of a profile were taken in, from the text of perf-script(1).

/**
 * The parts, in the order in which they are shown.
 * @type {Record<string, string>}
 */
const PARTS = {
  kernel: 'kernel',
  socket: 'socket layer',
  streams: 'streams',
  protocol: 'protocol',
  runtime: 'rest of Node, V8',
  program: 'the program',
  gc: 'collections',
  threads: 'other threads',
};

/** @typedef {Record<keyof typeof PARTS, number>} Shares parts of all samples, 0 to 1 */

/**
 * The part that a frame names. A sample belongs to the innermost frame that says something, since builtins of V8 and
 * the C library work for whoever calls them.
 * @type {[string, RegExp][]}
 */
const FRAMES = [
  ['socket', new RegExp([
    'node:net:', 'node:internal/(?:net|stream_base_commons)', 'LibuvStreamWrap', 'StreamBase', 'StreamListener',
    'StreamResource', 'StreamReq', '(?:TCP|Pipe|Handle|Connection|Connect|Shutdown|Write)Wrap', '\\buv__?', 'napi_',
    'node_modules/rsnet/', 'rsnet::', 'rsnet\\.[\\w-]+\\.node',
  ].join('|'))],
  ['streams', /node:internal\/(?:fs\/)?streams\//],
  ['protocol', new RegExp([
    'node:_?(?:http|tls|https|zlib|fs|crypto)', 'node:internal/(?:http|tls|crypto|fs|deps)', 'HTTPParser', 'llhttp',
    'Http2', 'nghttp2', 'TLSWrap', 'node::(?:crypto|fs)', 'SSL_', 'ossl', 'EVP_', 'BIO_', 'aes', 'gcm', 'sha\\d',
    'tls_',
  ].join('|'))],
];

/** A frame of a V8 collection, wherever it was called from. */
const COLLECTION = /Heap::CollectGarbage|Scaveng|MarkCompact|MarkingVisitor|IncrementalMarking|Sweep/;

/** JavaScript, compiled or interpreted, as `--perf-basic-prof` names it: `JS:*name file:line:column`. */
const SCRIPT = /\bJS:/;

const KERNEL = /\(\[kernel/;

/** A system call. Without it an interrupt or a page fault has entered the kernel, for the code that met it. */
const CALL = /syscall/i;

/** The main thread, and those of rsnet, which do what a socket layer does. */
const MAIN = /^(?:MainThread|node|rsnet)/;

/**
 * The part that one sample belongs to.
 * @param {string} thread its name
 * @param {string[]} frames from the innermost one on
 * @returns {keyof typeof PARTS}
 */
function partOf(thread, frames) {
  if (!MAIN.test(thread)) return 'threads';
  if (frames.some((frame) => COLLECTION.test(frame))) return 'gc';
  if (KERNEL.test(frames[0]) && frames.some((frame) => CALL.test(frame))) return 'kernel';
  for (const frame of frames) {
    if (KERNEL.test(frame)) continue;
    const found = FRAMES.find(([, names]) => names.test(frame));
    if (found) return found[0];
    if (SCRIPT.test(frame)) return frame.includes('node:') ? 'runtime' : 'program';
  }
  return 'runtime';
}

/**
 * Counts samples.
 * @param {Iterable<string>} lines of `perf script -F comm,ip,sym,dso`: a sample is the name of
 *   its thread, a line for each frame, and an empty one
 * @returns {{samples: number, shares: Shares}}
 */
function countShares(lines) {
  const counts = Object.fromEntries(Object.keys(PARTS).map((part) => [part, 0]));
  let samples = 0;
  let thread = '';
  let frames = [];
  const end = () => {
    if (frames.length === 0) return;
    counts[partOf(thread, frames)]++;
    samples++;
    frames = [];
  };
  for (const line of lines) {
    if (line.trim() === '') end();
    else if (/^\s/.test(line)) frames.push(line.trim());
    else thread = line.trim();
  }
  end();
  const shares = Object.fromEntries(Object.entries(counts).map(([part, count]) => [part, count / (samples || 1)]));
  return { samples, shares };
}

module.exports = { PARTS, countShares };
