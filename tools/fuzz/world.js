'use strict';

// One run of one program: its servers and sockets under their names, its trace, and what it waits for.

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Flow } = require('./flow');
const { format } = require('./format');
const { hashText } = require('./random');

/** A run that has recorded this much is ended: no program is meant to go on for ever. */
const MOST_ENTRIES = 4000;

/** Errors that a socket or server of a run emitted, so that an uncaught one is found again. */
const owners = new WeakMap();

/** The run that a callback belongs to. */
const context = new AsyncLocalStorage();

/** Runs that are under way in this process. */
const running = new Set();

let created = 0;

/** One run of one program. */
class World {
  /**
   * @param {object} program see generate.js
   * @param {{server: object, client: object}} implementations the `net` of each side
   */
  constructor(program, implementations) {
    created += 1;
    this.program = program;
    this.implementations = implementations;
    this.entries = [];
    this.step = 0;
    /** Grows with everything that happens. */
    this.activity = 0;
    this.over = false;
    /** name -> {name, socket | server, side, config, ...} */
    this.actors = new Map();
    /** Clients whose connection has not been paired with one that the server accepted. */
    this.unpaired = [];
    this.accepted = 0;
    /** Whether somebody else has connected to the server. */
    this.hasVisitor = false;
    this.names = { path: socketPath(program.transport, created), port: 0 };
    running.add(this);
  }

  /**
   * Adds to the trace.
   *
   * @param {string} actor name
   * @param {string} kind 'call', 'event', 'data', 'state' or 'counters'
   * @param {string} label what was called, or the event
   * @param {any[]} values arguments or results
   */
  record(actor, kind, label, values) {
    if (this.over) return;
    this.activity += 1;
    if (this.entries.length >= MOST_ENTRIES) {
      this.over = true;
      return;
    }
    this.entries.push({
      step: this.step, actor, kind, label, detail: values.map((value) => format(value, this.names)).join(', '),
    });
  }

  /**
   * Adds data that arrived to the trace.
   *
   * @param {object} actor
   * @param {Buffer | string} chunk
   */
  recordData(actor, chunk) {
    if (this.over) return;
    this.activity += 1;
    if (typeof chunk === 'string') {
      actor.text += chunk;
    } else if (actor.incoming) {
      actor.incoming.receive(chunk);
    }
    if (typeof chunk === 'string') actor.hash = hashText(actor.text);
    else if (!this.program.bulk) actor.hash = hashBytes(actor.hash, chunk);
    const last = this.entries[this.entries.length - 1];
    if (this.program.bulk && last?.kind === 'data' && last.actor === actor.name && last.step === this.step) {
      last.length += chunk.length;
      last.intact &&= actor.incoming?.intact ?? true;
      return;
    }
    this.entries.push({
      step: this.step,
      actor: actor.name,
      kind: 'data',
      label: typeof chunk === 'string' ? 'text' : 'bytes',
      length: chunk.length,
      hash: actor.hash,
      intact: actor.incoming?.intact ?? true,
    });
  }

  /**
   * Remembers whose error this is, for the case that nobody catches it.
   *
   * @param {any} error
   * @param {string} actor name
   */
  own(error, actor) {
    if (error !== null && typeof error === 'object') owners.set(error, { world: this, actor });
  }

  /** Gives both ends of a connection their two directions. */
  pair(client, server) {
    const there = new Flow();
    const back = server.config.echo ? there : new Flow();
    client.peer = server;
    server.peer = client;
    for (const bytes of client.early.splice(0)) there.send(bytes);
    client.outgoing = there;
    server.incoming = there;
    server.outgoing = back;
    // An echo's bytes are checked once, where they come back.
    client.incoming = back;
    if (server.config.echo) server.incoming = undefined;
  }

  /** Ends the run: nothing is recorded any more. */
  finish() {
    this.over = true;
    running.delete(this);
    if (this.names.path && !this.names.path.startsWith('\0')) fs.rmSync(this.names.path, { force: true });
  }
}

/**
 * Goes on with a hash of bytes (FNV-1a). Bulk data is not hashed: the Flow compares it byte by byte anyway.
 *
 * @param {number} hash so far
 * @param {Buffer} bytes
 * @returns {number}
 */
function hashBytes(hash, bytes) {
  let result = hash;
  for (let index = 0; index < bytes.length; index++) result = Math.imul(result ^ bytes[index], 0x01000193) >>> 0;
  return result;
}

/**
 * @param {string} transport 'tcp4', 'tcp6', 'unix' or 'abstract'
 * @param {number} number of the run in this process
 * @returns {string | null} where its server listens
 */
function socketPath(transport, number) {
  if (transport === 'abstract') return `\0rsnet-fuzz-${process.pid}-${number}`;
  if (transport === 'unix') return path.join(os.tmpdir(), `rsnet-fuzz-${process.pid}-${number}.sock`);
  return null;
}

/**
 * What nobody caught: to the trace of the run that it belongs to, or of every run if that can't be said.
 *
 * @param {any} error
 */
function recordUncaught(error) {
  const owner = owners.get(error);
  if (owner) {
    owner.world.record(owner.actor, 'event', 'uncaught', [error]);
    return;
  }
  const world = context.getStore();
  for (const one of world ? [world] : running) one.record('main', 'event', 'uncaught', [error]);
}

/** Ends all runs, when the process ends. */
function finishAll() {
  for (const world of running) world.finish();
}

module.exports = { World, context, finishAll, recordUncaught };
