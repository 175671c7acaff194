'use strict';

// Where exceptions that nobody has caught go to the process. If it has no listener for them, Node shows the line that
// did so above an 'error' event that nobody listens for. In a module of its own that line is short in the packed file.

/**
 * Under Node, a listener of 'uncaughtException' is in the context of the callback that has thrown.
 * @param {Bridge} bridge
 * @param {*} error what a listener or a tick has thrown
 * @param {import('async_hooks').AsyncResource} [resource] whose callback that was
 */
function triggerUncaughtException(bridge, error, resource) {
  if (resource) resource.runInAsyncScope(triggerUncaughtException, undefined, bridge, error);
  else bridge.reportUncaught(error);
}

module.exports = { triggerUncaughtException };
