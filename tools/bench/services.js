'use strict';

// Servers that clients under test connect to: those of clients/servers, and a web server of programs/load.cjs. They
// run while a scenario does.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { makeCertificate } = require('../clients/certificate');
const { findProgram, installPackages, provide } = require('../clients/install');
const { Server } = require('../clients/server');
const { environment, unlimited } = require('./peers');
const { PROGRAMS } = require('./paths');
const { Running } = require('./process');
const { TOOLS } = require('./tools');

/** Bytes of the file that web servers send. */
const FILE_SIZE = 2 ** 20;

/** Seconds that a service may run: as long as a scenario. */
const LIMIT = 3600;

/** The service that needs no other program. */
const OWN = 'answers';

/**
 * Whether a scenario needs the npm packages of clients/: a row that does not works without an installation.
 * @param {import('./scenarios').Scenario} scenario
 * @returns {boolean}
 */
function needsPackages({ tested, load, service }) {
  if (tested?.file === undefined) return false;
  return tested.role === 'undici' || load?.tool === 'script' || (service ?? OWN) !== OWN ||
    ['express', 'fastify'].includes(tested.role);
}

/**
 * Installs what scenarios need.
 * @param {import('./scenarios').Scenario[]} scenarios
 * @returns {Promise<Record<string, string>>} what is missing, and why, by the name of a tool or service
 */
async function prepareServices(scenarios) {
  if (scenarios.some(needsPackages)) await installPackages();
  const missing = {};
  const wanted = new Map();
  for (const { load, service } of scenarios) {
    if (load?.tool && TOOLS[load.tool].program) wanted.set(load.tool, TOOLS[load.tool]);
    if (service && service !== OWN) wanted.set(service, require(`../clients/servers/${service}`));
  }
  for (const [name, program] of wanted) {
    const why = await provide(name, program);
    if (why !== undefined) missing[name] = why;
  }
  if (scenarios.some(({ tested }) => tested?.file) && !findProgram('openssl')) missing.openssl = 'install openssl';
  return missing;
}

/**
 * Why a scenario cannot run.
 * @param {import('./scenarios').Scenario} scenario
 * @param {Record<string, string>} missing
 * @returns {string|undefined}
 */
function obstacle({ tested, load, service }, missing) {
  const tls = tested?.role === 'https' || tested?.role === 'http2s';
  return missing[load?.tool] ?? missing[service] ?? (tls ? missing.openssl : undefined);
}

/** What the scenarios of a run share: a folder with a certificate and a file, and the services. */
class Services {
  /** @type {string} */
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-bench-'));

  /** @type {Record<string, string>} paths that programs under test get with their options */
  paths = {};

  #servers = new Map();

  constructor() {
    fs.chmodSync(this.folder, 0o755);
    process.once('exit', () => fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 }));
  }

  /**
   * Makes what programs under test read.
   * @returns {Promise<void>}
   */
  async prepare() {
    const file = path.join(this.folder, 'file');
    fs.writeFileSync(file, Buffer.alloc(FILE_SIZE, 'x'));
    const tls = findProgram('openssl') ? await makeCertificate(this.folder) : {};
    this.paths = { ...tls, file };
  }

  /**
   * Starts the service of a scenario.
   * @param {import('./scenarios').Scenario} scenario
   * @returns {Promise<{address: object|undefined, stop: () => Promise<void>}>} `address`: what the program under
   *   test gets as `server`
   */
  async start({ service }) {
    if (service === undefined) return { address: undefined, stop: async () => {} };
    if (service === OWN) {
      const file = path.join(PROGRAMS, 'load.cjs');
      const text = JSON.stringify({ limit: LIMIT });
      const running = new Running(unlimited(process.execPath, [file, OWN, text], environment({})), LIMIT);
      return { address: await running.json(), stop: () => running.stop() };
    }
    if (!this.#servers.has(service)) {
      const folder = path.join(this.folder, service);
      fs.mkdirSync(folder, { mode: 0o755 });
      this.#servers.set(service, new Server(service, folder, this.paths));
    }
    const server = this.#servers.get(service);
    return { address: await server.start(), stop: () => server.stop() };
  }
}

module.exports = { Services, prepareServices, obstacle };
