import type { Owner } from '../owner.js';
import { type Child, startChild } from '../processes.js';
import type { Tools } from '../tools.js';

const pacedSessions = 20;
const longestMs = 600_000;

/** Opens sessions that stay idle after one message each. @throws Error if one does not open. */
export async function holdSessions(
  owner: Owner,
  tools: Tools,
  port: number,
  count: number,
): Promise<Child> {
  const held = startChild(owner, tools.loadgen, ['hold', ...[port, count, 64].map(String)]);
  if ((await held.nextLine()) !== 'warm') throw new Error(`${count} sessions did not open`);
  return held;
}

/** How many of them still answer. */
export async function countAlive(held: Child): Promise<number> {
  held.write('still there?');
  return (JSON.parse(await held.nextLine()) as { alive: number }).alive;
}

export interface RoundTrips {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** Sends a message each millisecond while the work is done: whatever holds up the relay shows. */
export async function roundTripsDuring(
  owner: Owner,
  tools: Tools,
  port: number,
  work: () => Promise<void>,
): Promise<RoundTrips> {
  const numbers = [port, pacedSessions, 256, 500, longestMs].map(String);
  const loadgen = startChild(owner, tools.loadgen, ['paced', ...numbers]);
  await loadgen.nextLine();
  loadgen.write('go');
  await work();
  loadgen.write('enough');
  const counted = JSON.parse(await loadgen.nextLine()) as Record<
    'p50Us' | 'p99Us' | 'maxUs',
    number
  > & {
    failures: number;
  };
  await loadgen.stop();
  if (counted.failures > 0) throw new Error(`${counted.failures} messages had no answer`);
  const { p50Us, p99Us, maxUs } = counted;
  return { p50Ms: p50Us / 1000, p99Ms: p99Us / 1000, longestMs: maxUs / 1000 };
}
