'use strict';

// Functions of lib/api and lib/interop that handles call. Those rooms set them when they are loaded, since a handle
// must not import from a room above it.

module.exports = {
  /**
   * The `onread` of a Socket's handle; from `api/socket-io`.
   * @type {Function|undefined}
   */
  onSocketRead: undefined,
  /**
   * Called, as the handle, when descriptors have arrived; from `api/descriptors`.
   * @type {() => void}
   */
  onDescriptors() {},
  /**
   * Called with a handle and a large chunk that its Socket has not got: whether a relay has taken it; from
   * `api/pipe-relay`.
   * @type {(handle: *, chunk: Buffer) => boolean}
   */
  takesBulk: () => false,
  /**
   * Answers `handle.isStreamBase`; from `interop/hand-over`.
   * @type {(handle: *) => boolean}
   */
  offer: () => false,
  /**
   * Gives the connection of a Socket to one of Node's handles; from `interop/hand-over`.
   * @type {(socket: *) => (object|undefined)}
   */
  handOver: () => undefined,
  /**
   * Accepts the connection that a listening handle has reported, of which one was handed over before; from
   * `interop/accept-on-host`. undefined: it gets a handle of rsnet's.
   * @type {(listening: *) => (object|undefined)}
   */
  acceptOnHost: () => undefined,
  /**
   * Called after each read that went to Node's HTTP parser; from `interop/http-hand-over`.
   * @type {(handle: *, socket: *, length: number) => void}
   */
  countParserRead() {},
};
