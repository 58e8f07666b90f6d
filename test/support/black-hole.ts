import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { withProcess } from './process.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

function listen(port: number, backlog: number): string {
  return `
  const options = { port: ${port}, host: '127.0.0.1', backlog: ${backlog} };
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('awake\\n');
  });
  server.listen(options, () => console.log(server.address().port));
`;
}

export interface BlackHole {
  readonly address: string;
  readonly port: number;
  /** From now on it accepts, says `awake` to everybody, and ends. */
  readonly wake: () => void;
}

/**
 * A port that answers no SYN: a stopped process listens on it, and its queue of connections to
 * accept is full. Whoever dials it waits for his own time limit.
 */
export async function withBlackHole(
  scope: Scope,
  { port: wanted = 0, backlog = 1 } = {},
): Promise<BlackHole> {
  const child = withProcess(scope, process.execPath, ['-e', listen(wanted, backlog)]);
  const said = await until(() => child.stdout.trim(), {
    what: 'the black hole',
    timeoutMs: 20_000,
  });
  const port = Number(said);
  child.signal('SIGSTOP');
  while (await fits(scope, port)) continue;
  return { address: `127.0.0.1:${port}`, port, wake: () => child.signal('SIGCONT') };
}

/** Whether one more connection went into the queue, where it stays until the test ends. */
async function fits(scope: Scope, port: number): Promise<boolean> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  scope.defer(() => socket.destroy());
  const connected = once(socket, 'connect').then(() => true);
  return Promise.race([connected, sleep(300, false)]);
}
