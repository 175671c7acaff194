'use strict';

// Where exceptions that nobody has caught go to the process. If it has no listener for them, Node shows the line that
// did so above an 'error' event that nobody listens for. In a module of its own that line is short in the packed file.

/**
 * @param {Bridge} bridge
 * @param {*} error what a listener or a tick has thrown
 */
function triggerUncaughtException(bridge, error) {
  bridge.reportUncaught(error);
}

module.exports = { triggerUncaughtException };
