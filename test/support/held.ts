import { once } from 'node:events';
import type { Socket } from 'node:net';

import { howEnded, withClient } from './client.js';
import type { Scope } from './scope.js';

/** A session that stays open, to an upstream that says its name first (`identity`). */
export interface Held {
  /** Its upstream. */
  readonly name: string;
  readonly socket: Socket;
  /** How it has ended: `open`, `end`, or the code of an error. */
  state: string;
}

/** One after the other, so that each choice sees the ones before. */
export async function hold(scope: Scope, port: number, count: number): Promise<Held[]> {
  const held: Held[] = [];
  while (held.length < count) held.push(await holdOne(scope, port));
  return held;
}

async function holdOne(scope: Scope, port: number): Promise<Held> {
  const socket = await withClient(scope, port);
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  const held: Held = { name: greeting.toString().trim(), socket, state: 'open' };
  socket.on('end', () => void believeEnd(held));
  socket.on('error', (error: NodeJS.ErrnoException) => (held.state = error.code ?? 'error'));
  socket.resume();
  return held;
}

/** An end that is a reset is told by its 'error'. */
async function believeEnd(held: Held): Promise<void> {
  if ((await howEnded(held.socket)) === 'reset') return;
  held.state = 'end';
  held.socket.end();
}

/** How many there are by upstream. */
export function shares(held: readonly Held[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of held) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function open(held: readonly Held[]): Held[] {
  return held.filter(({ state }) => state === 'open');
}
