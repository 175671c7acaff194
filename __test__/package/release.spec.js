'use strict';

// What the release checks of each binary, on this machine's own, on headers made here, and on findings.

const fs = require('fs');
const path = require('path');
const { root, tempPath } = require('../helpers');
const { TARGETS, binaryName, hostId, packageName } = require('../../lib/addon/platform');
const { readElf, libcOf } = require('../../scripts/lib/elf');
const { judge } = require('../../scripts/lib/release/check');
const { readMachO } = require('../../scripts/lib/release/macho');

const ENTRY = 'napi_register_module_v1';

/**
 * @param {string} id short name of a platform
 * @returns {object} the platform
 */
const target = (id) => TARGETS.find((one) => one.id === id);

/** A binary of each kind that is as it must be. */
const GLIBC = {
  arch: 'x64', needed: ['libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2'], versions: ['GLIBC_2.28', 'GLIBC_2.3.4'],
  exports: [ENTRY], imports: ['gnu_get_libc_version'], nodelete: true,
};
const MUSL = { arch: 'x64', needed: ['libc.so'], versions: [], exports: [ENTRY], imports: [], nodelete: true };
const MACOS = {
  arch: 'arm64', needed: ['/usr/lib/libSystem.B.dylib'], minimum: '11.0', exports: [ENTRY], signed: true,
};

test.each([
  ['glibc', 'linux-x64-gnu', GLIBC, []],
  ['musl', 'linux-x64-musl', MUSL, []],
  ['musl, as Alpine names it', 'linux-x64-musl', { ...MUSL, needed: ['libc.musl-x86_64.so.1'] }, []],
  ['macOS', 'darwin-arm64', MACOS, []],
  ['nothing that can be loaded', 'linux-x64-gnu', null, ['it is no shared library of linux']],
  ['another processor', 'linux-arm64-gnu', GLIBC, ['it is for x64']],
  ['glibc under the name of musl', 'linux-x64-musl', GLIBC, [
    'it needs libc.so.6, libm.so.6, ld-linux-x86-64.so.2', 'it is linked against gnu', 'it needs symbols of glibc 2.28',
  ]],
  ['musl under the name of glibc', 'linux-x64-gnu', MUSL, ['it needs libc.so', 'it is linked against musl']],
  ['a newer glibc', 'linux-x64-gnu', { ...GLIBC, versions: ['GLIBC_2.9', 'GLIBC_2.34'] },
    ['it needs symbols of glibc 2.34']],
  ['what musl would take for its own', 'linux-x64-gnu', { ...GLIBC, imports: [] },
    ['musl would load it: no gnu_get_libc_version']],
  ['a library that not every system has', 'linux-x64-musl', { ...MUSL, needed: ['libc.so', 'libgcc_s.so.1'] },
    ['it needs libgcc_s.so.1']],
  ['a library that dlclose unmaps', 'linux-x64-musl', { ...MUSL, nodelete: false },
    ['dlclose(3) would unmap it: it lacks -z nodelete']],
  ['no addon', 'linux-x64-musl', { ...MUSL, exports: ['main'] }, [`it has no ${ENTRY}`]],
  ['a newer macOS', 'darwin-arm64', { ...MACOS, minimum: '14.0' }, ['it needs macOS 14.0']],
  ['no version of macOS', 'darwin-arm64', { ...MACOS, minimum: '' }, ['it does not say which macOS it needs']],
  ['no signature', 'darwin-arm64', { ...MACOS, signed: false }, ['it has no signature']],
])('%s', (_name, id, found, wrong) => {
  expect(judge(target(id), found, 1500000)).toEqual(wrong);
});

test('a binary with debug information is too large', () => {
  expect(judge(target('linux-x64-gnu'), GLIBC, 20000000)).toEqual([expect.stringContaining('20000000 bytes')]);
});

test('the header of a library of macOS is read', () => {
  const command = (kind, ...fields) => {
    const body = Buffer.concat(fields.map((field) => {
      if (typeof field === 'string') return Buffer.from(field.padEnd(32, '\0'), 'latin1');
      const number = Buffer.alloc(4);
      number.writeUInt32LE(field);
      return number;
    }));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(kind);
    head.writeUInt32LE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  const commands = [
    command(0x0C, 24, 0, 0, 0, '/usr/lib/libSystem.B.dylib'), command(0x32, 1, 0x000B0000, 0x000E0000, 0),
    command(0x1D, 0, 0),
  ];
  const header = Buffer.alloc(32);
  [0xFEEDFACF, 0x0100000C, 0, 6, commands.length].forEach((value, index) => header.writeUInt32LE(value, index * 4));
  const file = tempPath();
  fs.writeFileSync(file, Buffer.concat([header, ...commands]));
  try {
    expect(readMachO(file)).toEqual({ ...MACOS, exports: [] });
    expect(readElf(file)).toBeNull();
  } finally {
    fs.rmSync(file);
  }
});

if (process.platform === 'linux') {
  test('the addon of this machine is read', () => {
    const file = path.join(root, binaryName(hostId()));
    const found = readElf(file);
    expect(found).toMatchObject({ arch: process.arch, nodelete: true });
    expect(found.exports).toContain(ENTRY);
    expect(found.imports.includes('gnu_get_libc_version')).toBe(hostId().endsWith('-gnu'));
    expect(`linux-${found.arch}-${libcOf(found)}`).toBe(hostId());
    expect(readMachO(file)).toBeNull();
  });
}

test('each platform has a package, which says where it may be installed', () => {
  expect(fs.readdirSync(path.join(root, 'npm')).sort()).toEqual(TARGETS.map(({ id }) => id).sort());
  const { napi, version } = require('../../package.json');
  expect(napi.targets.toSorted()).toEqual(TARGETS.map(({ triple }) => triple).sort());
  for (const { id, platform, arch, libc } of TARGETS) {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'npm', id, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: packageName(id), version, main: binaryName(id), files: [binaryName(id)], os: [platform], cpu: [arch],
    });
    expect(manifest.libc).toEqual(libc ? [{ gnu: 'glibc', musl: 'musl' }[libc]] : undefined);
  }
});
