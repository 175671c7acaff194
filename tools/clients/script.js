'use strict';

const fs = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, 'scripts');

/**
 * @typedef {object} Script
 * @property {string} name
 * @property {string} file
 * @property {string[]} packages of npm, the first being the one under test
 * @property {string[]} servers names of servers/*.js
 * @property {number} node the oldest major version of Node that the packages run on; 0 = any
 * @property {boolean} quick whether it is one of the selection for frequent checks
 * @property {string} version of the first package
 */

/**
 * The words behind a key in the comments that a program begins with.
 * @param {string} text the program
 * @param {string} key
 * @returns {string[]}
 */
function words(text, key) {
  const line = new RegExp(`^// ${key}:(.*)$`, 'm').exec(text);
  return line === null ? [] : line[1].trim().split(/\s+/).filter(Boolean);
}

/**
 * The version of an installed package.
 * @param {string|undefined} name
 * @returns {string} empty where it is not installed
 */
function versionOf(name) {
  const file = path.join(__dirname, 'node_modules', `${name}`, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : '';
}

/**
 * Read what a program needs.
 * @param {string} base its file's name
 * @returns {Script}
 */
function readScript(base) {
  const file = path.join(FOLDER, base);
  const text = fs.readFileSync(file, 'utf8');
  const packages = words(text, 'packages');
  return {
    name: path.basename(base, '.js'),
    file,
    packages,
    servers: words(text, 'servers'),
    node: Number(words(text, 'node')[0] ?? 0),
    quick: words(text, 'quick')[0] === 'yes',
    version: versionOf(packages[0]),
  };
}

/**
 * The programs of scripts/.
 * @param {{only?: RegExp, quick: boolean}} choice
 * @returns {Script[]} by name
 */
function findScripts({ only, quick }) {
  return fs.readdirSync(FOLDER).filter((base) => base.endsWith('.js')).sort().map(readScript)
    .filter((script) => (only?.test(script.name) ?? true) && (script.quick || !quick));
}

module.exports = { findScripts };
