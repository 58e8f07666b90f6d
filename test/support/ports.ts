import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below Linux's range for outgoing connections, so that none of these takes a port in between. */
const lowest = 20_000;
const highest = 32_000;

/** Ports that etcd and the gateway use by default: somebody may run them beside the tests. */
const wellKnown: ReadonlySet<number> = new Set([23790, 23791]);

const given = new Set<number>();

/** A TCP port of 127.0.0.1 that nothing listens on; no port is given twice in one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port) || wellKnown.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
