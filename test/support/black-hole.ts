import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { withProcess } from './process.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

function listen(port: number): string {
  return `
  const options = { port: ${port}, host: '127.0.0.1', backlog: 1 };
  const server = require('node:net').createServer().listen(options, () => {
    console.log(server.address().port);
  });
`;
}

/**
 * A port that answers no SYN: a stopped process listens on it, and its queue of connections to
 * accept is full. Whoever dials it waits for his own time limit.
 */
export async function withBlackHole(
  scope: Scope,
  { port: wanted = 0 } = {},
): Promise<{ readonly address: string }> {
  const child = withProcess(scope, process.execPath, ['-e', listen(wanted)]);
  const said = await until(() => child.stdout.trim(), {
    what: 'the black hole',
    timeoutMs: 20_000,
  });
  const port = Number(said);
  child.signal('SIGSTOP');
  while (await fits(scope, port)) continue;
  return { address: `127.0.0.1:${port}` };
}

/** Whether one more connection went into the queue, where it stays until the test ends. */
async function fits(scope: Scope, port: number): Promise<boolean> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  scope.defer(() => socket.destroy());
  const connected = once(socket, 'connect').then(() => true);
  return Promise.race([connected, sleep(300, false)]);
}
