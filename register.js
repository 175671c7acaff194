'use strict';

// In the package's folder, so that NODE_OPTIONS can name it by an absolute path.
require('./lib/interop/register');
