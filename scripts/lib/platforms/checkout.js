'use strict';

// Copies of the checkout that run what was packed. The binary lies where `npm run build` would have put it, so children
// and threads of specs find it too, and RSNET_BINARY_PATH stays free for the specs that are about it.

const fs = require('node:fs');
const path = require('node:path');
const { binaryName } = require('../../../lib/addon/platform');
const { ROOT } = require('../addon');
const { Failure } = require('../run');

/** What a copy does without: what was built, what belongs to git, and the two folders that it has as links. */
const LEFT_OUT = /^(\.git|\.cache|\.rsnet-build\.json|coverage|dist|node_modules|target|.*\.(node|tgz|log))$/;

/** Folders that are the same for every copy, and large. */
const LINKED = ['node_modules', '.cache'];

/** Files of the package that have modules, and give each by its path in the sources (scripts/lib/pack.js). */
const JOINED = ['lib/all/rsnet.js', 'lib/all/early.js'];

/**
 * Copies the checkout.
 * @param {import('../../../lib/addon/platform').Target} target
 * @param {string} binary the one of the packed package
 * @param {string} copy an empty folder
 */
function copyCheckout(target, binary, copy) {
  for (const name of fs.readdirSync(ROOT).filter((entry) => !LEFT_OUT.test(entry))) {
    fs.cpSync(path.join(ROOT, name), path.join(copy, name), {
      recursive: true, filter: (file) => !/^(node_modules|target)$/.test(path.basename(file)),
    });
  }
  for (const name of LINKED) {
    fs.mkdirSync(path.join(ROOT, name), { recursive: true });
    fs.symlinkSync(path.join(ROOT, name), path.join(copy, name));
  }
  // Last, as a binary that is older than its sources would be built anew.
  fs.copyFileSync(binary, path.join(copy, binaryName(target.id)));
  fs.writeFileSync(path.join(copy, '.rsnet-build.json'), `${JSON.stringify({ [binaryName(target.id)]: 'release' })}\n`);
}

/**
 * @param {string} folder
 * @returns {string[]} paths of the modules in it
 */
function modulesIn(folder) {
  return fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'))
    .map((name) => path.join(folder, name));
}

/**
 * Puts the packed package over a copy of the checkout, whose own modules go. Where a spec requires a module that the
 * package has in a file with others, it gets that one, and not a second one beside it.
 * @param {string} copy what `copyCheckout` has made
 * @param {string} installed the folder of the installed package
 * @throws {Failure} when the package lacks modules that it has to have
 */
function usePackage(copy, installed) {
  const sources = modulesIn(path.join(copy, 'lib'));
  for (const file of sources) fs.rmSync(file);
  fs.cpSync(installed, copy, { recursive: true, force: true });
  const joined = JOINED.map((name) => ({ name, text: fs.readFileSync(path.join(copy, name), 'utf8') }));
  let found = 0;
  for (const file of sources) {
    if (fs.existsSync(file)) continue;
    const name = path.relative(copy, file);
    const holder = joined.find(({ text }) => text.includes(`\n'${name}': function(`));
    if (!holder) continue;
    const from = path.relative(path.dirname(file), path.join(copy, holder.name));
    fs.writeFileSync(file, `'use strict';\n\nmodule.exports = require('./${from}')('${name}');\n`);
    found += 1;
  }
  if (found < sources.length / 2) throw new Failure(`the package has ${found} of ${sources.length} modules`);
}

module.exports = { copyCheckout, usePackage };
