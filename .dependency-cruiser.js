'use strict';

// Which room of lib/ may import from which: imports only go down. docs/architecture.md says what each room holds.

/** The rooms, from the ground up; each may import from those below it, and from itself. */
const rooms = ['node', 'addon', 'handle', 'api', 'interop'];

/** For each room, the rooms above it. */
const upward = rooms.slice(0, -1).map((room, i) => ({
  name: `${room}-imports-no-room-above-it`,
  severity: 'error',
  from: { path: `^lib/${room}/` },
  to: { path: `^(lib/(${[...rooms.slice(i + 1), 'fallback'].join('|')})/|lib/exports\\.js|index\\.js)` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'fallback-runs-without-the-addon',
      severity: 'error',
      from: { path: '^lib/fallback/' },
      to: { path: '^lib/(addon|handle|interop)/' },
    },
    { name: 'no-circle', severity: 'error', from: { path: '^lib/' }, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { path: '^lib/', orphan: true }, to: {} },
    { name: 'resolvable', severity: 'error', from: { path: '^lib/' }, to: { couldNotResolve: true } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, exclude: { path: '[.]node$' } },
};
