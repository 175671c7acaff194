'use strict';

/** The command `npm run test:clients`: see README.md. */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { USAGE, readArgs } = require('./args');
const { makeCertificate } = require('./certificate');
const { compare } = require('./compare');
const { installPackages, provide } = require('./install');
const { runScript } = require('./run-script');
const { findScripts } = require('./script');
const { Server } = require('./server');
const { formatTable } = require('./table');

/** Writes a line to stdout. */
const print = (text) => process.stdout.write(`${text}\n`);

/**
 * Run a client on the built-in and on rsnet, and say how they differ.
 * @param {import('./script').Script} script
 * @param {object} setup of `runScript`
 * @param {import('./args').Options} options
 * @returns {Promise<import('./table').Row>}
 */
async function examine(script, setup, options) {
  const expected = await runScript({ ...setup, implementation: 'builtin' });
  const problems = expected.problem === '' ? [] : [`on the built-in: ${expected.problem}`];
  if (options.verbose) for (const line of expected.lines) print(`  ${line}`);
  let found;
  let result = problems.length === 0 ? 'same' : 'failed';
  for (let i = 0; i < options.repeat && problems.length === 0; i++) {
    await Promise.all([...setup.servers.values()].map((server) => server.start()));
    found = await runScript({ ...setup, implementation: 'rsnet' });
    problems.push(...compare(expected.lines, found.lines));
    if (problems.length > 0) result = 'different';
    if (found.problem !== '') {
      result = 'failed';
      problems.push(`on rsnet: ${found.problem}`);
    }
  }
  for (const problem of problems) print(`${script.name}: ${problem}`);
  return {
    client: script.name,
    version: script.version,
    servers: setup.versions,
    steps: expected.lines.length,
    connections: found?.rsnet.connect ?? 0,
    listeners: found?.rsnet.listen ?? 0,
    builtinSeconds: expected.seconds,
    rsnetSeconds: found?.seconds ?? 0,
    result,
  };
}

/** Servers by name, each started when the first client wants it. */
class Servers {
  /**
   * @param {string} folder
   * @param {{ca: string, cert: string, key: string}} tls paths
   */
  constructor(folder, tls) {
    this.folder = folder;
    this.tls = tls;
    this.all = new Map();
  }

  /**
   * Have these running.
   * @param {string[]} names
   * @returns {Promise<{servers: Map<string, Server>, versions: string, missing?: string}>} `missing`: why they
   *   cannot run here
   */
  async get(names) {
    const servers = new Map();
    const versions = [];
    for (const name of names) {
      if (!this.all.has(name)) {
        const missing = await provide(name, require(`./servers/${name}`));
        if (missing !== undefined) return { servers, versions: name, missing };
        const folder = path.join(this.folder, name);
        fs.mkdirSync(folder, { mode: 0o755 });
        this.all.set(name, new Server(name, folder, this.tls));
      }
      const server = this.all.get(name);
      await server.start();
      servers.set(name, server);
      versions.push(`${name} ${await server.version()}`);
    }
    return { servers, versions: versions.join(', ') };
  }

  /** Stop those of which no client on the list makes use, so that few run at a time. */
  async keep(scripts) {
    const wanted = new Set(scripts.flatMap((script) => script.servers));
    await Promise.all([...this.all].filter(([name]) => !wanted.has(name)).map(([, server]) => server.stop()));
  }
}

/**
 * @param {string} node path of a Node
 * @returns {Promise<number>} its major version
 */
async function majorOf(node) {
  const { stdout } = await promisify(execFile)(node, ['-p', 'process.versions.node']);
  return Number.parseInt(stdout, 10);
}

/**
 * Run clients one after the other.
 * @param {import('./script').Script[]} scripts
 * @param {import('./args').Options} options
 * @param {string} folder for everything
 * @returns {Promise<import('./table').Row[]>}
 */
async function examineAll(scripts, options, folder) {
  const tls = await makeCertificate(folder);
  const major = await majorOf(options.node);
  const pool = new Servers(folder, tls);
  const rows = [];
  try {
    for (const [i, script] of scripts.entries()) {
      await pool.keep(scripts.slice(i));
      const isTooOld = major < script.node;
      const { servers, versions, missing } = isTooOld
        ? { versions: '', missing: `a Node of version ${script.node}` }
        : await pool.get(script.servers);
      const row = { client: script.name, version: script.version, servers: versions, steps: 0, connections: 0,
        listeners: 0, builtinSeconds: 0, rsnetSeconds: 0, result: 'left out' };
      if (missing === undefined) {
        const { backend, node } = options;
        const setup = { file: script.file, node, backend, servers, versions, tls, folder };
        Object.assign(row, await examine(script, setup, options));
      } else {
        if (isTooOld) row.result = `needs Node ${script.node}`;
        print(`${script.name}: left out, ${isTooOld ? 'it needs' : 'a server is missing:'} ${missing}`);
      }
      print(`${row.client} ${row.version}: ${row.result}, ${row.steps} steps`);
      rows.push(row);
    }
  } finally {
    await pool.keep([]);
  }
  return rows;
}

/**
 * The whole command.
 * @param {string[]} argv
 * @returns {Promise<number>} the exit status
 */
async function main(argv) {
  const options = readArgs(argv);
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const scripts = findScripts(options);
  if (options.list) {
    for (const { name, packages, servers } of scripts) print(`${name}: ${packages.join(' ')}; ${servers.join(' ')}`);
    return 0;
  }
  if (scripts.length === 0) throw new Error('no client has such a name');
  await installPackages();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-clients-'));
  fs.chmodSync(folder, 0o755);
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const rows = await examineAll(findScripts(options), options, folder);
  print(`\n${formatTable(rows)}`);
  if (options.json !== undefined) fs.writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  const accepted = options.strict ? ['same'] : ['same', 'left out'];
  return rows.every(({ result }) => accepted.includes(result) || result.startsWith('needs Node')) ? 0 : 1;
}

main(process.argv.slice(2)).then((status) => process.exit(status), (error) => {
  process.stderr.write(`${error?.message ?? error}\n`);
  process.exit(2);
});
