'use strict';

// What the programs share: the npm packages of clients/, and how they speak with the bench.

const { createRequire } = require('node:module');
const path = require('node:path');

const HOST = '127.0.0.1';
/** Seconds after which a program ends by itself if nobody ended it, unless its options say otherwise. */
const LIMIT = 180;

/** Loads a package that clients/package.json lists. */
const packages = createRequire(path.join(__dirname, '..', '..', 'clients', 'package.json'));

/**
 * Prints what the bench waits for.
 * @param {object} facts
 */
function tell(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}

/**
 * Runs one of a file's programs: `RUNTIME FILE ROLE OPTIONS`, with options as JSON.
 * @param {Record<string, (options: object) => void|Promise<void>>} roles
 */
function main(roles) {
  const [role, text = '{}'] = process.argv.slice(2);
  const { limit = LIMIT, ...options } = JSON.parse(text);
  setTimeout(() => process.exit(1), limit * 1000).unref();
  Promise.resolve(roles[role](options)).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { HOST, packages, tell, main };
