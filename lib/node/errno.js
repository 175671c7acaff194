'use strict';

// The negated errno values that rsnet compares with. Handles report errors as such numbers.

const { getSystemErrorMap } = require('util');

const codes = new Map();
for (const [errno, [name]] of getSystemErrorMap()) codes.set(name, errno);

/**
 * @param {string} name such as 'ECONNREFUSED'
 * @returns {number} the negated errno on this platform
 */
function uv(name) {
  return codes.get(name);
}

module.exports = {
  UV_EOF: uv('EOF'),
  UV_EADDRINUSE: uv('EADDRINUSE'),
  UV_EALREADY: uv('EALREADY'),
  UV_EBADF: uv('EBADF'),
  UV_ECANCELED: uv('ECANCELED'),
  UV_EFAULT: uv('EFAULT'),
  UV_EINVAL: uv('EINVAL'),
  UV_EIO: uv('EIO'),
  UV_ENAMETOOLONG: uv('ENAMETOOLONG'),
  UV_ENOBUFS: uv('ENOBUFS'),
  UV_ENOENT: uv('ENOENT'),
  UV_ENOPROTOOPT: uv('ENOPROTOOPT'),
  UV_ENOSYS: uv('ENOSYS'),
  UV_ENOTCONN: uv('ENOTCONN'),
  UV_EPIPE: uv('EPIPE'),
  UV_EOVERFLOW: uv('EOVERFLOW'),
  UV_ETIMEDOUT: uv('ETIMEDOUT'),
};
