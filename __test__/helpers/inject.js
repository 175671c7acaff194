'use strict';

const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { childEnvironment } = require('../../scripts/lib/environment');

const SOURCE = path.join(__dirname, '..', 'fixtures', 'faults', 'inject.c');

/**
 * Compile the library that makes system calls fail; see its source for how a program arms it.
 *
 * @returns {{library: string | null, reason: string, remove: () => void}} where it is, or null and the reason why
 *   it cannot be had
 */
function buildInjector() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-inject-'));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  const library = path.join(folder, 'inject.so');
  if (process.platform !== 'linux') return { library: null, reason: 'only Linux has LD_PRELOAD as used here', remove };
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'], { timeout: 20000 });
  if (compiled.status !== 0) {
    return { library: null, reason: `cc failed: ${compiled.error ?? compiled.stderr}`, remove };
  }
  const armed = spawnSync(process.execPath, ['-e', 'require("fs").accessSync("/inject/left/read")'], {
    env: childEnvironment({ LD_PRELOAD: library }), timeout: 20000,
  });
  const reason = armed.status === 0 ? '' : 'node does not take LD_PRELOAD';
  return { library: armed.status === 0 ? library : null, reason, remove };
}

module.exports = { buildInjector };
