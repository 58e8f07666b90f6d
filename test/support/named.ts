import { once } from 'node:events';

import { whoAnswers, withClient } from './client.js';
import type { Scope } from './scope.js';
import { until } from './until.js';
import { identity, withUpstream, type Upstream, type UpstreamOptions } from './upstream.js';

/** Upstreams that say their names. */
export async function withNamed(scope: Scope, ...names: readonly string[]): Promise<Upstream[]> {
  return Promise.all(names.map(async (name) => withNamedOne(scope, name)));
}

export async function withNamedOne(
  scope: Scope,
  name: string,
  options: UpstreamOptions = {},
): Promise<Upstream> {
  return withUpstream(scope, { ...options, behaviour: identity(name) });
}

/** How many of `clients` clients, one after the other, each upstream got. */
export async function shares(port: number, clients: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let client = 0; client < clients; client++) {
    const name = (await whoAnswers(port)) ?? 'nobody';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** A session that has heard its upstream's name, and can be asked whether it is still alive. */
export interface LiveSession {
  readonly name: string;
  /** @throws where the session has ended. */
  says(text: string): Promise<string>;
  readonly ended: () => boolean;
  readonly end: () => void;
}

export async function openSession(scope: Scope, port: number): Promise<LiveSession> {
  const socket = await withClient(scope, port);
  await once(socket, 'readable');
  const greeting = socket.read() as Buffer;
  let over = false;
  socket.on('readable', () => undefined); // keeps the end in sight
  socket.on('end', () => (over = true));
  socket.on('close', () => (over = true));
  return {
    name: greeting.toString().trimEnd(),
    says: async (text) => {
      if (!over) socket.write(text);
      const chunk: unknown = await until(() => over || (socket.read() as unknown), {
        what: 'an answer',
      });
      if (chunk instanceof Buffer) return chunk.toString();
      throw new Error('the session has ended');
    },
    ended: () => over,
    end: () => void socket.end(),
  };
}
