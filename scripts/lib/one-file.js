'use strict';

// Puts modules into one file, without comments. Node takes longer to find, to read and to compile many files than to
// run them. V8 keeps the text of a file in its heap, comments too, and collects garbage more often in a larger heap.

const fs = require('node:fs');
const path = require('node:path');
const { FlattenMap, encodedMap } = require('@jridgewell/trace-mapping');
const { transformSync } = require('esbuild');
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

/** What stands before the modules. */
const HEAD = `'use strict';

// Modules of the package. The source map has them as they were written.

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
`;

/** Where a line of a module breaks: Node shows the line that threw. */
const LINE_LENGTH = 120;

/** A break within a string, where bundlers that indent lines would put spaces. */
const BROKEN_STRING = /\\$/m;

/**
 * @param {string} text a module
 * @param {string} source how the source map names it
 * @returns {{code: string, map: object}} the module without comments, in lines that are not much longer than they have
 *   to be, and its source map
 */
function compact(text, source) {
  for (let lineLimit = LINE_LENGTH; ; lineLimit++) {
    const { code, map } = transformSync(text, {
      minifyWhitespace: true,
      lineLimit,
      target: 'node20',
      legalComments: 'none',
      sourcemap: 'external',
      sourcefile: source,
    });
    if (!BROKEN_STRING.test(code)) return { code, map: JSON.parse(map) };
    if (lineLimit > text.length) throw new Failure(`a string in ${source} has a backslash at the end of a line`);
  }
}

/**
 * @param {string[]} others files whose modules are loaded from one; this one is put there
 * @param {string} file path in the package
 * @returns {string} name of the function that loads a module of that file
 */
function loaderOf(others, file) {
  if (!others.includes(file)) others.push(file);
  return `${LOAD}From${others.indexOf(file)}`;
}

/**
 * @param {string} root folder of the package
 * @param {string[]} entries paths of modules in it
 * @param {string} place where the file goes: its path in the package
 * @param {object} [options]
 * @param {function(string): string|undefined} [options.elsewhere] gives the file that has a module: its path in the
 *   package, if it is another file that this function has made
 * @param {string[]} [options.apart] modules that stay files of their own, as the package has them
 * @param {string} [options.run] path of a module that runs when the file is loaded
 * @returns {{code: string, map: string}} JavaScript that exports a function, which gives what a module exports by its
 *   path in the package, or what the module of `run` exports, and the source map. Data stays in files of its own.
 */
function oneFile(root, entries, place, { elsewhere = () => undefined, apart = [], run } = {}) {
  const relative = (file) => path.posix.relative(path.posix.dirname(place), file).replace(/^(?!\.)/, './');
  const modules = new Set(entries);
  let code = HEAD;
  const sections = [];
  const others = [];
  for (const name of modules) {
    const text = fs.readFileSync(path.join(root, name), 'utf8');
    if (text.includes(LOAD)) throw new Failure(`${name} uses the name ${LOAD}`);
    const linked = text.replace(IMPORT, (_call, request) => {
      const imported = resolve(root, name, request);
      if (!imported.endsWith('.js') || apart.includes(imported)) return `require('${relative(imported)}')`;
      const file = elsewhere(imported);
      if (file !== undefined) return `${loaderOf(others, file)}('${imported}')`;
      modules.add(imported);
      return `${LOAD}('${imported}')`;
    });
    const module = compact(linked, path.posix.relative(path.posix.dirname(place), name));
    code += `// ${name}\n'${name}': function(module, exports) {\n`;
    sections.push({
      offset: { line: code.split('\n').length - 1, column: 0 },
      map: { ...module.map, sourcesContent: [text] },
    });
    code += `${module.code}},\n`;
  }
  const exported = run ? `${LOAD}('${run}')` : LOAD;
  code += '};\n\n';
  // Node takes long to find a file that is there already.
  for (const file of others) {
    const loader = loaderOf(others, file);
    const kept = loader.slice(1);
    const load = `(${kept} ??= require('${relative(file)}'))(name)`;
    code += `let ${kept};\nfunction ${loader}(name) {\n  return ${load};\n}\n\n`;
  }
  code += `module.exports = ${exported};\n//# sourceMappingURL=${path.posix.basename(place)}.map\n`;
  // Node does not read a map that has sections.
  return { code, map: JSON.stringify(encodedMap(new FlattenMap({ version: 3, sections }))) };
}

module.exports = { oneFile };
