'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { endGroup } = require('../lib/group');

/**
 * The process groups that run now are noted in the scratch folder, each in its test's own folder. So the command
 * can end them also when jest, under which they were started, is gone.
 */
const NOTE = 'leader';

/**
 * Notes that a group has been started.
 * @param {string} folder the test's own folder, in the scratch folder
 * @param {number} leader the group's first process id
 */
function noteGroup(folder, leader) {
  fs.writeFileSync(path.join(folder, NOTE), `${leader}`);
}

/**
 * Ends all groups that run, and removes the scratch folder.
 * @param {string} scratch the folder that holds the tests' folders
 */
function clearUp(scratch) {
  for (const name of fs.readdirSync(scratch)) {
    const note = path.join(scratch, name, NOTE);
    if (fs.existsSync(note)) endGroup(Number(fs.readFileSync(note, 'utf8')));
  }
  // A process that is just ending may still write there.
  fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}

module.exports = { noteGroup, clearUp };
