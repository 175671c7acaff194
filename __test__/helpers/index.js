'use strict';

/** Everything that a spec needs; see each file for what it does. */
module.exports = {
  ...require('./implementations'),
  ...require('./events'),
  ...require('./resources'),
  ...require('./spawn'),
  ...require('./trace'),
};
