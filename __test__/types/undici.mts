// A connector is a function of what undici asks for and a callback.

import { connector } from 'rsnet/undici';
import type { Connector, ConnectorOptions } from 'rsnet/undici';
import type { Client } from 'undici-types/index.js';

const options: ConnectorOptions = { timeout: 1000, allowH2: true, ca: 'pem', socketPath: '/tmp/x.sock', keepAlive: false };
const connect: Connector = connector(options);
const plain: Connector = connector();
const inTurn: Connector = connector({ autoSelectFamily: 'sequential' });

connect({ protocol: 'https:', hostname: 'localhost', port: '443', servername: 'localhost' }, (error, socket) => {
  if (error === null) socket?.setNoDelay(true);
});
inTurn({ protocol: 'http:', hostname: 'localhost', port: '80' }, () => {}).destroy();
plain({ protocol: 'http:', hostname: 'localhost', port: '80' }, () => {}).destroy();

// undici takes it.
export const settings: Client.Options = { connect: connector() };

// @ts-expect-error: milliseconds
connector({ timeout: '1s' });
