'use strict';

// Which file `server.close()` removes: the option `unlinkOnClose` of `server.listen()`.

const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { builtin, requirePath, rsnet: net, spawnNode } = require('../helpers');
const fallback = require('../../lib/fallback');

/** The values that ask for Node's behaviour. */
const DEFAULTS = [undefined, true];

let folder;
let place;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unlink-'));
  place = path.join(folder, 'socket');
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function listen(options) {
  const server = net.createServer((socket) => socket.end());
  server.listen({ path: place, ...options });
  await once(server, 'listening');
  return server;
}

async function close(server) {
  server.close();
  await once(server, 'close');
}

describe('unlinkOnClose', () => {
  it.each([...DEFAULTS, 'own'])('%p: close() removes the path', async (unlinkOnClose) => {
    await close(await listen({ unlinkOnClose }));
    expect(fs.existsSync(place)).toBe(false);
  });

  it('false: the path stays', async () => {
    await close(await listen({ unlinkOnClose: false }));
    expect(fs.statSync(place).isSocket()).toBe(true);
  });

  it.each(DEFAULTS)("%p: close() removes another server's path, as Node does", async (unlinkOnClose) => {
    const old = await listen({ unlinkOnClose });
    fs.unlinkSync(place);
    const next = await listen();
    await close(old);
    expect(fs.existsSync(place)).toBe(false);
    await close(next);
  });

  it.each([false, 'own'])("%p: another server's path stays, and takes connections", async (unlinkOnClose) => {
    const old = await listen({ unlinkOnClose });
    fs.renameSync(place, `${place}.old`);
    const next = await listen();
    await close(old);
    const client = net.connect(place);
    client.resume();
    await once(client, 'close');
    expect(fs.existsSync(`${place}.old`)).toBe(true);
    await close(next);
  });

  it("'own': a file of another kind stays", async () => {
    const server = await listen({ unlinkOnClose: 'own' });
    fs.renameSync(place, `${place}.old`);
    fs.writeFileSync(place, 'mine');
    await close(server);
    expect(fs.readFileSync(place, 'utf8')).toBe('mine');
  });

  it("'own': nothing is done where the path is gone", async () => {
    const server = await listen({ unlinkOnClose: 'own' });
    fs.unlinkSync(place);
    await close(server);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('is that of the last listen()', async () => {
    const server = await listen({ unlinkOnClose: false });
    await close(server);
    fs.unlinkSync(place);
    server.listen({ path: place });
    await once(server, 'listening');
    await close(server);
    expect(fs.existsSync(place)).toBe(false);
  });

  it.each(['owner', null, 0])('%p is refused, and the server can listen afterwards', async (unlinkOnClose) => {
    const server = net.createServer();
    expect(() => server.listen({ path: place, unlinkOnClose })).toThrow(expect.objectContaining({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/^The property 'options\.unlinkOnClose' must be true, false or 'own'\. Received/),
    }));
    server.listen({ path: place });
    await once(server, 'listening');
    await close(server);
  });

  it('is left alone by listen() on a port', async () => {
    const server = net.createServer();
    server.listen({ port: 0, host: '127.0.0.1', unlinkOnClose: 'own' });
    await once(server, 'listening');
    await close(server);
  });

  describe('of a BoundSocket', () => {
    const bind = (options) => {
      const server = net.createServer();
      server.listen({ handle: new net.BoundSocket({ path: place }), ...options });
      return once(server, 'listening').then(() => server);
    };

    it.each([[undefined, false], [true, false], ['own', false], [false, true]])(
      '%p: whether the path stays is %p', async (unlinkOnClose, stays) => {
        await close(await bind({ unlinkOnClose }));
        expect(fs.existsSync(place)).toBe(stays);
      });

    it("'own': another server's path stays", async () => {
      const old = await bind({ unlinkOnClose: 'own' });
      fs.renameSync(place, `${place}.old`);
      const next = await listen();
      await close(old);
      expect(fs.existsSync(place)).toBe(true);
      await close(next);
    });

    it('a bad value is refused, and the BoundSocket can be used afterwards', async () => {
      const handle = new net.BoundSocket({ path: place });
      const server = net.createServer();
      expect(() => server.listen({ handle, unlinkOnClose: 1 })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
      server.listen({ handle });
      await once(server, 'listening');
      await close(server);
    });
  });

  it("a handle of Node's is refused, since that removes its path itself", async () => {
    const { Pipe, constants } = process.binding('pipe_wrap');
    const handle = new Pipe(constants.SERVER);
    expect(handle.bind(place)).toBe(0);
    const server = net.createServer();
    server.listen({ handle, unlinkOnClose: false });
    const [error] = await once(server, 'error');
    expect(error.code).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
    server.listen({ handle, unlinkOnClose: true });
    await once(server, 'listening');
    await close(server);
  });

  it('nothing is removed with a descriptor, and a bad value is refused', async () => {
    const opener = builtin.createServer().listen(place);
    await once(opener, 'listening');
    const program = () => {
      const values = [undefined, true, false, 'own'];
      const next = (fd) => {
        const unlinkOnClose = values.shift();
        const server = net.createServer();
        server.listen({ fd, unlinkOnClose }, () => server.close(() => {
          console.log(unlinkOnClose, require('fs').existsSync(process.argv[1]));
          if (values.length > 0) next(fd + 1);
        }));
      };
      next(3);
      try {
        net.createServer().listen({ fd: 0, unlinkOnClose: 1 });
      } catch ({ code }) {
        console.log(code);
      }
    };
    const stdio = Array(4).fill(opener._handle);
    const { stdout, stderr } = await spawnNode('rsnet', program, { args: [place], stdio });
    expect({ stdout, stderr }).toEqual({
      stdout: 'ERR_INVALID_ARG_VALUE\nundefined true\ntrue true\nfalse true\nown true\n', stderr: '',
    });
    await close(opener);
  });

  it('of a worker of a cluster works with exclusive, and is refused without', async () => {
    const worker = (main) => {
      const files = require('fs');
      const { PLACE: at } = process.env;
      const server = require(main).createServer();
      server.once('error', ({ code }) => {
        server.listen({ path: at, unlinkOnClose: false, exclusive: true }, () => {
          server.close(() => {
            console.log(code, files.existsSync(at));
            process.exit();
          });
        });
      });
      server.listen({ path: at, unlinkOnClose: false });
    };
    const primary = (code) => {
      const cluster = require('cluster');
      cluster.setupPrimary({ exec: 'worker', execArgv: ['-e', code] });
      cluster.fork().on('exit', process.exit);
    };
    const code = `(${worker})(${JSON.stringify(requirePath('rsnet'))})`;
    const program = `(${primary})(${JSON.stringify(code)})`;
    const { stdout, stderr } = await spawnNode('rsnet', program, { env: { PLACE: place } });
    expect(stderr).toBe('');
    expect(stdout).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM true\n');
  });

  it('is refused without a binary, unless it asks for what Node does', async () => {
    const server = fallback.createServer();
    server.listen({ path: place, unlinkOnClose: 'own' });
    const [error] = await once(server, 'error');
    expect(error.code).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
    server.listen({ path: place, unlinkOnClose: true });
    await once(server, 'listening');
    await close(server);
    expect(fs.existsSync(place)).toBe(false);
  });
});
