'use strict';

// For which platform scripts/build.js has cargo build: with a cargo that only says what it was asked for.

const fs = require('fs');
const os = require('os');
const path = require('path');
const { root } = require('../helpers');
const { binaryName, hostId } = require('../../lib/addon/platform');
const { runNode } = require('./command');

let folder;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-build-'));
  for (const name of ['lib/addon/platform.js', 'scripts/build.js', 'scripts/lib', 'package.json']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(path.join(folder, 'librsnet.so'), 'library');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/**
 * @param {string} name of a program
 * @param {string} text of a shell script
 */
function program(name, text) {
  fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/**
 * Build the addon where process and toolchain look different.
 *
 * @param {object} machine
 * @param {string} [machine.toolchain] Rust's name for its platform
 * @param {string} machine.process statements that change `process`
 * @param {string} [machine.flags] RUSTFLAGS
 * @returns {Promise<{asked: string, made: string[], stderr: string}>} cargo's arguments and flags; names of addons
 */
async function build({ toolchain = 'x86_64-unknown-linux-gnu', process: disguise, flags }) {
  const artifact = {
    reason: 'compiler-artifact', target: { name: 'rsnet' }, filenames: [path.join(folder, 'librsnet.so')],
  };
  program('rustc', `echo 'host: ${toolchain}'`);
  program('cargo', `echo "$* $RUSTFLAGS" > '${folder}/asked'\necho '${JSON.stringify(artifact)}'`);
  const preload = path.join(folder, 'disguise.js');
  fs.writeFileSync(preload, `const set = (name, value) => Object.defineProperty(process, name, { value });
    const libc = (glibc) => { process.report.getReport = () => ({ header: { glibcVersionRuntime: glibc } }); };
    ${disguise}`);
  const env = { PATH: `${folder}:/usr/bin:/bin`, ...(flags && { RUSTFLAGS: flags }) };
  const { stderr } = await runNode(['-r', preload, path.join(folder, 'scripts/build.js')], { env });
  const asked = path.join(folder, 'asked');
  return {
    asked: fs.existsSync(asked) ? fs.readFileSync(asked, 'utf8') : '',
    made: fs.readdirSync(folder).filter((name) => name.endsWith('.node')),
    stderr,
  };
}

const GNU = "set('platform', 'linux'); libc('2.36');";
const MUSL = "set('platform', 'linux'); libc(undefined);";
const X64 = "set('arch', 'x64');";

test.each([
  ['glibc', { process: GNU + X64 }, 'linux-x64-gnu', 'x86_64-unknown-linux-gnu'],
  ['glibc, with a toolchain for musl', { process: GNU + X64, toolchain: 'x86_64-unknown-linux-musl' }, 'linux-x64-gnu',
    'x86_64-unknown-linux-gnu'],
  ['musl, with a toolchain for glibc', { process: MUSL + X64 }, 'linux-x64-musl', 'x86_64-unknown-linux-musl'],
  ['musl, with the toolchain of Alpine', { process: MUSL + X64, toolchain: 'x86_64-alpine-linux-musl' },
    'linux-x64-musl', 'x86_64-alpine-linux-musl'],
  ['musl on arm64', { process: `${MUSL}set('arch', 'arm64');` }, 'linux-arm64-musl', 'aarch64-unknown-linux-musl'],
  ['macOS', { process: "set('platform', 'darwin'); set('arch', 'arm64');", toolchain: 'x86_64-apple-darwin' },
    'darwin-arm64', 'aarch64-apple-darwin'],
  ['FreeBSD', { process: `set('platform', 'freebsd');${X64}`, toolchain: 'x86_64-unknown-freebsd' }, 'freebsd-x64',
    'x86_64-unknown-freebsd'],
])('%s', async (_name, machine, id, triple) => {
  const { asked, made } = await build(machine);
  expect(asked).toContain(`--target ${triple} `);
  expect(made).toEqual([`rsnet.${id}.node`]);
});

test('on musl the C library is linked dynamically, whatever else RUSTFLAGS has', async () => {
  expect((await build({ process: MUSL + X64, flags: '-Cdebuginfo=1' })).asked)
    .toMatch(/ -Cdebuginfo=1 -Ctarget-feature=-crt-static\n$/);
  expect((await build({ process: GNU + X64, flags: '-Cdebuginfo=1' })).asked).toMatch(/ -Cdebuginfo=1\n$/);
});

test('a toolchain for another platform, where it is not known what to ask it for, builds nothing', async () => {
  const machine = { process: "set('platform', 'sunos');", toolchain: 'sparcv9-sun-solaris' };
  const { asked, made, stderr } = await build(machine);
  expect({ asked, made }).toEqual({ asked: '', made: [] });
  expect(stderr).toContain(`the Rust toolchain is for sparcv9-sun-solaris, and this Node for sunos-${process.arch}`);
});

if (process.platform === 'linux') {
  const [mine, other, disguise] = hostId().endsWith('gnu') ? ['gnu', 'musl', MUSL] : ['musl', 'gnu', GNU];

  test('a library for the other C library, which a linker makes for its own, gets no name', async () => {
    fs.copyFileSync(path.join(root, binaryName(hostId())), path.join(folder, 'librsnet.so'));
    const { asked, made, stderr } = await build({ process: disguise });
    expect(asked).toContain(`-linux-${other} `);
    expect(made).toEqual([]);
    expect(stderr).toContain(`for ${process.arch} and ${mine}, which is not linux-${process.arch}-${other}`);
    expect((await build({ process: mine === 'gnu' ? GNU : MUSL })).made).toEqual([binaryName(hostId())]);
  });
}
