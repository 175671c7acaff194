// Each member that is newer than some supported Node, and the types that listeners are given.

import http = require('http');
import fs = require('fs/promises');
import net = require('rsnet');

class Counting extends net.Socket {
  chunks = 0;
  constructor(options?: net.SocketConstructorOpts) {
    super(options);
    this.on('data', (chunk) => { this.chunks += chunk.length; });
  }
}

const socket = new Counting({ typeOfService: 16, highWaterMark: 1024, noDelay: true, blockList: new net.BlockList() });
socket.setKeepAlive(true, 1000, 500, 4).setKeepAlive({ enable: true, initialDelay: 1, interval: 2, count: 3 });
const tos: number = socket.setTypeOfService(8).getTypeOfService();
const control: string | undefined = socket.setCongestionControl('reno').getCongestionControl();
const sizes: Array<number | undefined> = [socket.setUserTimeout(1).setNotSentLowWaterMark(1).setSendBufferSize(1).setRecvBufferSize(1).getUserTimeout(),
  socket.getNotSentLowWaterMark(), socket.getSendBufferSize(), socket.getRecvBufferSize()];
const rtt: number | undefined = socket.info()?.rtt;
const pid: number | undefined = socket.peerCredentials()?.pid;
const sent: Promise<number> = socket.sendFile('/file', { start: 1, end: 2, signal: new AbortController().signal });
const sentByNumber: Promise<number> = socket.sendFile(3);
http.createServer((request, response) => {
  const answered: Promise<number> = net.sendFile(response, new URL('file:///file'), { range: true });
  answered.then(() => net.sendFile(response, Buffer.from('/file'), { range: request.headers.range, end: 1 }));
});
fs.open('/file').then((file) => socket.sendFile(file));
net.createServer({ userTimeout: 1, notSentLowWaterMark: 1, sendBufferSize: 1, recvBufferSize: 1 });
net.connect({ port: 1, userTimeout: 1, notSentLowWaterMark: 1, sendBufferSize: 1, recvBufferSize: 1 });
const segment: number | undefined = socket.setMaxSegmentSize(1000).setQuickAck(true).setBusyPoll(0).setLinger(5).setMark(1).getMaxSegmentSize();
const rest: [boolean | undefined, number | undefined, number | false | undefined, number | undefined] = [socket.getQuickAck(),
  socket.getBusyPoll(), socket.getLinger(), socket.getMark()];
const original: string | undefined = socket.originalDestination()?.address;
const isMptcp: boolean = socket.isMptcp;
const kernel: net.KernelOptions = { mptcp: true, freebind: true, transparent: false, interface: 'lo', linger: false, mark: 1, busyPoll: 1, quickAck: true };
const { accepted, queuedBytes, readCalls, writeCalls, acceptCalls, connectCalls }: net.Stats = net.stats();
const sum: number = accepted + queuedBytes + readCalls + writeCalls + acceptCalls + connectCalls;
net.createServer({ allowHalfOpen: true, destroyOnIterationEnd: false });
net.connect({ port: 1, allowHalfOpen: true, destroyOnIterationEnd: false });
const [inherited] = net.listenDescriptors();
if (inherited) net.createServer().listen({ fd: inherited.fd });
net.createServer().listen({ fdName: 'http' });
net.createServer().listen({ path: '/tmp/socket', unlinkOnClose: 'own' });
net.createServer({ ...kernel, fastOpen: 16, deferAccept: 1000 });
net.connect({ port: 1, ...kernel, fastOpen: true });
const more: boolean = socket.sendDescriptors([0, socket, net.createServer(), { fd: 3 }], 'data', (error) => error?.message);
socket.sendDescriptors([0], new Uint8Array(1));
net.createServer({ receiveDescriptors: true });
net.createServer({ seqpacket: true });
net.connect({ path: '/tmp/socket', seqpacket: true });
net.connect({ path: '/tmp/socket', receiveDescriptors: 10 }).on('descriptors', (descriptors, data) => {
  const all: number = descriptors.length + (descriptors[0] ?? 0) + data.readUInt8();
  return all;
});
const closed: Promise<void> = socket[Symbol.asyncDispose]();
const owner: net.Server | null = socket.resetAndDestroy().server;
socket.destroySoon();

const bound = new net.BoundSocket({ port: 0, ipv6Only: true, reusePort: true });
const port: number = bound.address().port + bound.fd();
const path: string = new net.BoundSocket({ path: '\0name' }).address();
const local = new net.Socket({ handle: new net.BoundSocket({ path: '/tmp/socket' }) });
bound.close();
bound[Symbol.dispose]();

const server = net.createServer({ highWaterMark: 1, blockList: new net.BlockList(), congestionControl: 'reno' });
server.on('connection', (connection) => connection.setTypeOfService(1));
server.once('drop', (data) => data?.remoteAddress?.length);
server.on('error', (error) => error.message);
server.on('anything', () => {});
server.maxConnections = 2;
server.dropMaxConnection = true;
server.listen(bound).listen({ handle: bound }).listen({ fd: 3 }).listen({ port: 0, reusePort: true, signal: new AbortController().signal });
server.listen(0, '127.0.0.1', 10, () => {}).listen('/tmp/socket', () => {});
for (const connection of server.connections) connection.destroySoon();
const open: number = server.connections.size;
server.closeAllConnections();
server.pause().listen(0).resume();
const cut: Promise<number> = server.shutdown({ grace: 1000, signal: new AbortController().signal });
server.shutdown();
const over: Promise<void> = server[Symbol.asyncDispose]();

net.connect({ port: 1, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 10, timeout: 5, typeOfService: 1 });
new net.Socket({ congestionControl: 'reno' }).connect(1);
new net.Socket().connect({ port: 1, connectTimeout: 1000 }).connect({ path: '/tmp/socket', connectTimeout: 1 }, () => {});
net.connect({ port: 1, connectTimeout: 1000, signal: new AbortController().signal });
new net.Socket().connect({ path: '/tmp/socket', signal: AbortSignal.timeout(1000) });
net.connect({ port: 1, autoSelectFamily: 'sequential' });
new net.Socket().connect({ port: 1, autoSelectFamily: 'sequential' });
net.connect({ port: 1, congestionControl: 'reno' });
net.connect({ path: '/tmp/socket', congestionControl: undefined });
net.createConnection(1, () => {});
const behind = net.createServer({ proxyProtocol: { mode: 'optional', timeout: 1000, maxWaiting: 10 } }, ({ proxy }) => {
  if (proxy?.source && 'address' in proxy.source) proxy.source.address.concat(proxy.authority ?? '');
  net.connect({ port: 1, proxyProtocol: proxy });
  net.connect({ path: '/tmp/socket', proxyProtocol: { ...proxy, version: 1 } });
});
behind.on('proxyError', (error, { remoteAddress }) => error.message.concat(remoteAddress ?? ''));
behind.listen({ port: 0, proxyProtocol: 'required' });
net.connect({ port: 1, proxyProtocol: { source: { address: '::1', port: 1 }, tlvs: [[0xea, 'x']], crc32c: true } });
const version: number = net.isIP('::1');
const engine: 'rsnet' | 'node' = net.engine;
const relayed: Promise<number> = net.relay(socket, new net.Socket()).then(({ aToB, bToA }: net.RelayCounts) => aToB + bToA);
net.relay(socket, local, { signal: new AbortController().signal });
net.setDefaultAutoSelectFamily(net.getDefaultAutoSelectFamily());
net.setDefaultAutoSelectFamilyAttemptTimeout(net.getDefaultAutoSelectFamilyAttemptTimeout());
const parsed: net.SocketAddress = new net.SocketAddress({ address: '::1', family: 'ipv6' });

// @ts-expect-error what runs the sockets is not a setting
net.engine = 'node';
// @ts-expect-error a port is a number or a string of options, not a boolean
net.connect(true);
// @ts-expect-error a path cannot be bound together with a port
new net.BoundSocket({ path: '/tmp/socket', port: 1 });
// @ts-expect-error the count is a number
socket.setKeepAlive(true, 1, 1, '3');
// @ts-expect-error a signal is no event
new net.Socket().connect({ port: 1, signal: 'abort' });
// @ts-expect-error the bound of a connect is a number
net.connect({ port: 1, connectTimeout: '1' });
// @ts-expect-error a header is required, or optional
net.createServer({ proxyProtocol: 'always' });
// @ts-expect-error an end has a port
net.connect({ port: 1, proxyProtocol: { source: { address: '::1' } } });
// @ts-expect-error a timeout is a number
socket.setUserTimeout('1');
// @ts-expect-error a congestion control has a name
socket.setCongestionControl(1);
// @ts-expect-error a descriptor is a number, or something that has one
socket.sendDescriptors(['0'], 'data');
// @ts-expect-error the grace is a number
server.shutdown({ grace: '1' });
// @ts-expect-error a relay has two ends
net.relay(socket);
// @ts-expect-error a congestion control has a name
net.createServer({ congestionControl: 1 });

export = { more, sizes, rtt, pid, engine, tos, control, closed, owner, port, path, local, open, cut, over, relayed, version, parsed };
