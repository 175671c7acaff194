'use strict';

const fs = require('fs');
const path = require('path');
const { builtin, closed, once, receive, tempPath, traceTest } = require('../helpers');
const resources = require('../helpers/resources');

/** Unix-domain servers whose path is deleted, moved or taken by somebody else. */
describe('the path of a server', () => {
  /**
   * A server under test on a path, which echoes.
   *
   * @param {import('../helpers/trace').Trace} t
   * @returns {Promise<{server: import('net').Server, at: string}>}
   */
  async function serve(t) {
    const at = t.name(tempPath(), 'path');
    const server = await resources.listen(t.net, { listen: at }, (peer) => peer.on('error', () => {}).pipe(peer));
    t.watch(server, 'server', { except: ['connection'] });
    return { server, at };
  }

  /**
   * Connect, say a word, and record its echo or the error.
   *
   * @param {import('../helpers/trace').Trace} t
   * @param {string} at
   * @param {string} label
   * @returns {Promise<void>}
   */
  async function knock(t, at, label) {
    const client = t.watch(t.net.connect(at), label);
    const over = closed(client);
    client.on('data', () => client.end());
    client.write('knock', () => {});
    await over;
  }

  /**
   * Close a server and record what is then at the path.
   *
   * @param {import('../helpers/trace').Trace} t
   * @param {import('net').Server} server
   * @param {string} at
   * @returns {Promise<void>}
   */
  async function close(t, server, at) {
    const over = once(server, 'close');
    server.close();
    await over;
    t.note('server', 'at the path', fs.existsSync(at));
  }

  traceTest('deleted: the connections there are go on, new ones get ENOENT, close() succeeds', async (t) => {
    const { server, at } = await serve(t);
    const client = resources.connect(t.net, at);
    await once(client, 'connect');
    fs.unlinkSync(at);
    const echo = receive(client, 5);
    client.write('still');
    t.note('client', await echo);
    await knock(t, at, 'late');
    client.destroy();
    await close(t, server, at);
  });

  traceTest('deleted and bound again by another server', async (t) => {
    const { server, at } = await serve(t);
    fs.unlinkSync(at);
    const other = await resources.listen(builtin, { listen: at }, (peer) => {
      peer.on('error', () => {}).resume().end('other');
    });
    await knock(t, at, 'client');
    await close(t, server, at);
    await new Promise((resolve) => other.close(resolve));
  });

  traceTest('replaced by a file', async (t) => {
    const { server, at } = await serve(t);
    fs.unlinkSync(at);
    fs.writeFileSync(at, 'no socket');
    await knock(t, at, 'client');
    await close(t, server, at);
  });

  traceTest('replaced by a folder', async (t) => {
    const { server, at } = await serve(t);
    fs.unlinkSync(at);
    fs.mkdirSync(at);
    await knock(t, at, 'client');
    await close(t, server, at);
  });

  traceTest('replaced by a link to itself', async (t) => {
    const { server, at } = await serve(t);
    fs.unlinkSync(at);
    fs.symlinkSync(at, at);
    await knock(t, at, 'client');
    await close(t, server, at);
  });

  traceTest('moved: the new name leads to it', async (t) => {
    const { server, at } = await serve(t);
    const moved = t.name(path.join(path.dirname(at), 'moved'), 'moved');
    fs.renameSync(at, moved);
    await knock(t, moved, 'moved');
    await knock(t, at, 'former');
    await close(t, server, at);
    t.note('server', 'moved', fs.existsSync(moved));
  });

  traceTest('its folder removed', async (t) => {
    const { server, at } = await serve(t);
    fs.rmSync(path.dirname(at), { recursive: true });
    await knock(t, at, 'client');
    await close(t, server, at);
  });

  traceTest('deleted, and listened at again after close()', async (t) => {
    const { server, at } = await serve(t);
    fs.unlinkSync(at);
    await close(t, server, at);
    const listening = once(server, 'listening');
    server.listen(at);
    await listening;
    await knock(t, at, 'client');
    await close(t, server, at);
  });

  traceTest('left behind by a process that died: EADDRINUSE for a server, ECONNREFUSED for a client', async (t) => {
    const at = t.name(tempPath(), 'path');
    const first = await resources.listen(builtin, { listen: `${at}-live` });
    fs.renameSync(`${at}-live`, at);
    await new Promise((resolve) => first.close(resolve));
    await knock(t, at, 'client');
    const server = t.watch(t.net.createServer(), 'server');
    const failure = once(server, 'error');
    server.listen(at);
    await failure;
  });
});
