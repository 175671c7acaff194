'use strict';

const { spawnSync } = require('child_process');

/** `[level, name]` of the socket options that specs read, as Linux numbers them (socket(7), tcp(7), ip(7)). */
const OPTIONS = {
  SO_REUSEADDR: [1, 2],
  SO_KEEPALIVE: [1, 9],
  SO_REUSEPORT: [1, 15],
  TCP_NODELAY: [6, 1],
  TCP_KEEPIDLE: [6, 4],
  TCP_KEEPINTVL: [6, 5],
  TCP_KEEPCNT: [6, 6],
  TCP_USER_TIMEOUT: [6, 18],
  IP_TOS: [0, 1],
  IPV6_V6ONLY: [41, 26],
  IPV6_TCLASS: [41, 67],
};

/** Asked of the kernel through a descriptor that the script inherits as its number 3. */
const SCRIPT = `
  open(my $socket, '+<&=', 3) or die "descriptor: $!";
  my @values;
  while (@ARGV) {
    my $value = getsockopt($socket, shift(@ARGV), shift(@ARGV));
    push @values, defined $value ? unpack('i', $value . "\\0\\0\\0") : 'null';
  }
  print '[', join(',', @values), ']';
`;

/** Whether socket options can be read here: on Linux, with perl (part of every Debian). */
const canReadOptions = process.platform === 'linux' && spawnSync('perl', ['-e', '1']).status === 0;

/**
 * Read options of a socket from the kernel, which neither `net` nor Node offers.
 *
 * @param {import('net').Socket | import('net').Server} socket of any implementation, open
 * @param {...string} names keys of OPTIONS
 * @returns {Array<number | null>} the values, null where the kernel gives an error
 */
function socketOptions(socket, ...names) {
  const numbers = names.flatMap((name) => OPTIONS[name]).map(String);
  const result = spawnSync('perl', ['-e', SCRIPT, ...numbers], {
    stdio: ['ignore', 'pipe', 'pipe', socket._handle.fd], timeout: 10000,
  });
  if (result.status !== 0) throw new Error(`reading socket options failed: ${result.stderr}`);
  return JSON.parse(result.stdout.toString());
}

module.exports = { canReadOptions, socketOptions };
