'use strict';

// A page of the repository is read elsewhere, too: on the registry's page, in node_modules.

const { Failure } = require('./run');

/** A link or an image of Markdown whose target is neither an address nor a place on the same page. */
const RELATIVE = /(!?)(\[[^\]]*\])\((?![a-z]+:|#)([^)\s]+)\)/g;

/**
 * Has the links and images of a page lead to the repository on GitHub.
 * @param {string} text Markdown of a file in the repository's root
 * @param {string} repository its address, as in package.json
 * @returns {string} the same page with absolute addresses
 */
function withAbsoluteLinks(text, repository) {
  const [, name] = /^git\+https:\/\/github\.com\/([^/]+\/[^/]+)\.git$/.exec(repository) ?? [];
  if (name === undefined) throw new Failure(`${repository} is no repository on GitHub`);
  const pages = `https://github.com/${name}/blob/HEAD/`;
  const files = `https://raw.githubusercontent.com/${name}/HEAD/`;
  return text.replace(RELATIVE, (_link, image, label, target) => (
    `${image}${label}(${new URL(target, image ? files : pages)})`));
}

module.exports = { withAbsoluteLinks };
