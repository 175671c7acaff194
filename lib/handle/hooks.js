'use strict';

// What higher rooms do for handles. They put it here when they are loaded, so that no handle has to import them.

module.exports = {
  /** Called by a handle, as `this`, for what it has read for a Socket; from `api/socket-io`. */
  onSocketRead: undefined,
  /**
   * Answers `handle.isStreamBase`; from `interop/hand-over`.
   * @type {function(object): boolean}
   */
  offer: () => false,
  /**
   * Gives a connected socket's connection to a handle of the host; from `interop/hand-over`.
   * @type {function(object): (object|undefined)}
   */
  handOver: () => undefined,
  /**
   * Told of each read that Node's HTTP parser has had; from `interop/http-hand-over`.
   * @type {function(object, object, number): void}
   */
  countParserRead() {},
};
