import net from './index.js';

export const {
  BlockList,
  BoundSocket,
  Server,
  Socket,
  SocketAddress,
  Stream,
  _createServerHandle,
  _normalizeArgs,
  _TransferredBoundSocket,
  _setSimultaneousAccepts,
  connect,
  createConnection,
  createServer,
  engine,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  listenDescriptors,
  promises,
  relay,
  sendFile,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
  stats,
} = net;

export default net;
