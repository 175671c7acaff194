'use strict';

// Files to be passed as descriptors, and programs in Python that pass them.

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { tempPath } = require('./resources');
const { childEnvironment } = require('./spawn');

/** Milliseconds after which a program is ended with its group. */
const TIME_LIMIT = 20000;

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'descriptors.py');

/** Programs that still run, each the leader of a group. */
const running = new Set();

/**
 * @param {string} text
 * @returns {string} the path of a new file with that text, removed after the test
 */
function fileWith(text) {
  const file = fs.realpathSync(path.dirname(tempPath())) + '/file';
  fs.writeFileSync(file, text);
  return file;
}

/**
 * @param {string} file
 * @returns {number} how many descriptors this process has of it
 */
function countOpen(file) {
  let count = 0;
  for (const name of fs.readdirSync('/proc/self/fd')) {
    try {
      if (fs.readlinkSync(`/proc/self/fd/${name}`) === file) count++;
    } catch {
      // That of the folder itself.
    }
  }
  return count;
}

/**
 * @param {number} fd which is closed
 * @returns {string} the text of its file
 */
function textOf(fd) {
  const buffer = Buffer.alloc(100);
  const length = fs.readSync(fd, buffer, 0, buffer.length, 0);
  fs.closeSync(fd);
  return buffer.toString('utf8', 0, length);
}

/**
 * @param {import('child_process').ChildProcess} child
 */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a function of the Python program.
 *
 * @param {...string} args its name and arguments
 * @returns {Promise<{code: number|null, stdout: string, stderr: string}>} once it has ended
 */
function python(...args) {
  const child = spawn('python3', [FIXTURE, ...args], { detached: true, env: childEnvironment({}) });
  running.add(child);
  const timer = setTimeout(end, TIME_LIMIT, child);
  const result = { code: null, stdout: '', stderr: '' };
  child.stdin.end();
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => { result[name] += text; });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...result, code });
    });
  });
}

afterAll(() => running.forEach(end));

module.exports = { countOpen, fileWith, python, textOf };
