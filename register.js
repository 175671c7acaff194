'use strict';

// NODE_OPTIONS can name this file by its absolute path, where it cannot resolve `rsnet/register`.
require('./lib/interop/register');
