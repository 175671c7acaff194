'use strict';

// Puts modules into one file. Node takes longer to find, to read and to compile many files than to run them.

const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('./run');

/** How a module names another one of the package. */
const IMPORT = /\brequire\('(\.[^']*)'\)/g;

/** The function that loads a module of the file. No module has such a name for something else. */
const LOAD = '$load';

/**
 * @param {string} root folder of the package
 * @param {string} from path in it of the module that imports
 * @param {string} request what it imports
 * @returns {string} path in the package
 */
function resolve(root, from, request) {
  const base = path.posix.join(path.posix.dirname(from), request);
  const found = [base, `${base}.js`, `${base}/index.js`]
    .find((file) => fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile());
  if (found === undefined) throw new Failure(`${from} imports ${request}, which is not there`);
  return found;
}

/**
 * @param {string} root folder of the package
 * @param {string[]} entries paths of modules in it
 * @param {string} place where the file goes: its path in the package
 * @returns {string} JavaScript that exports a function, which gives what a module exports by its path in the package.
 *   Data stays in files of its own.
 */
function oneFile(root, entries, place) {
  const modules = new Set(entries);
  const parts = [];
  for (const name of modules) {
    const text = fs.readFileSync(path.join(root, name), 'utf8');
    if (text.includes(LOAD)) throw new Failure(`${name} uses the name ${LOAD}`);
    const body = text.replace(IMPORT, (_call, request) => {
      const imported = resolve(root, name, request);
      if (!imported.endsWith('.js')) return `require('${path.posix.relative(path.posix.dirname(place), imported)}')`;
      modules.add(imported);
      return `${LOAD}('${imported}')`;
    });
    parts.push(`// ${name}\n'${name}': function(module, exports) {\n${body}},\n`);
  }
  return `'use strict';

// All modules of the package. The repository has a file for each.

const loaded = {};

function ${LOAD}(name) {
  if (Object.hasOwn(loaded, name)) return loaded[name].exports;
  const module = loaded[name] = { exports: {} };
  try {
    modules[name](module, module.exports);
  } catch (error) {
    delete loaded[name];
    throw error;
  }
  return module.exports;
}

const modules = {

${parts.join('\n')}
};

module.exports = ${LOAD};
`;
}

module.exports = { oneFile };
