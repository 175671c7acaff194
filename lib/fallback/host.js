'use strict';

// Features that the host's own `net` has or lacks, by its version.

const { builtin, hasKeepAliveOptions } = require('../node/builtin');

const { Server, Socket } = builtin;
const list = new builtin.BlockList();

module.exports = {
  /** Whether its sockets have handles, as Node's have. */
  hasHandles: '_writeGeneric' in Socket.prototype,
  /** Whether its sockets have a type of service. */
  hasTypeOfService: 'setTypeOfService' in Socket.prototype,
  hasKeepAliveOptions,
  /** Whether its servers share a port by SO_REUSEPORT; libuv has it since 1.49, Node with the option. */
  hasReusePort: /\breusePort\b/.test(Function.prototype.toString.call(Server.prototype.listen)),
  /** Whether its sockets and servers obey a BlockList. */
  hasBlockList: new Server({ blockList: list }).blockList === list,
};
