'use strict';

// What a page of the documentation tells its readers to write and to run.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../package/project');

/**
 * @typedef {object} Block
 * @property {string} heading the nearest heading above it
 * @property {string} language
 * @property {string} text
 */

/** A page of the documentation. */
class Page {
  /** @param {string} name of a file in docs/ */
  constructor(name) {
    const text = fs.readFileSync(path.join(ROOT, 'docs', name), 'utf8');
    /** @type {Block[]} */
    this.blocks = [];
    for (const section of text.split(/^#+ /m)) {
      const heading = section.split('\n', 1)[0];
      for (const [, language, body] of section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
        this.blocks.push({ heading, language, text: body });
      }
    }
  }

  /**
   * @param {string} heading
   * @param {string} name that the first line has in a comment
   * @returns {string} the file
   */
  file(heading, name) {
    return this.find(heading, (block) => block.text.startsWith(`// ${name}\n`)).text;
  }

  /**
   * @param {string} heading
   * @param {string} beginning of the command
   * @returns {string[]} the words of the one line that begins so
   */
  command(heading, beginning) {
    const lines = this.blocks.filter((block) => block.heading === heading && block.language === 'sh')
      .flatMap(({ text }) => text.split('\n')).filter((line) => line.startsWith(beginning));
    if (lines.length !== 1) throw new Error(`"${heading}" has ${lines.length} lines that begin with "${beginning}"`);
    return lines[0].split(' ');
  }

  /**
   * @param {string} heading
   * @param {function(Block): boolean} isWanted
   * @returns {Block} the one block under that heading which is wanted
   */
  find(heading, isWanted) {
    const found = this.blocks.filter((block) => block.heading === heading && isWanted(block));
    if (found.length !== 1) throw new Error(`"${heading}" has ${found.length} such blocks`);
    return found[0];
  }
}

module.exports = { Page };
