/**
 * `picker-program.js BALANCER ENDPOINTS PICKS`: makes a picker of the product and picks. Each pick
 * gets a session, and ends the oldest of those that are open, once there are many. A process
 * of its own for each measurement, so that none runs code which another has warmed up otherwise.
 * Prints one line of JSON.
 */
import { systemClock } from '../../../src/model/clock.js';
import type { Balancer } from '../../../src/model/config.js';
import type { Endpoint } from '../../../src/model/endpoint.js';
import { createPicker, type Picker } from '../../../src/pool/picker.js';
import type { Upstream } from '../../../src/pool/upstream.js';
import { UpstreamGroup } from '../../../src/pool/upstream-group.js';

export interface PickerFigures {
  readonly nsPerPick: number;
  readonly picks: number;
  readonly msToMake: number;
}

/** Slow pickers stop here; what they did until then counts. */
const limitMs = 3_000;
const batch = 1_000;
/** Sessions open at a time, once there have been so many. */
const mostOpen = 10_000;
const open: Upstream[] = [];

const [balancer = '', endpoints = '', picks = ''] = process.argv.slice(2);
const groups = Array.from(
  { length: Number(endpoints) },
  (_, index) => new UpstreamGroup(endpointAt(index), systemClock),
);
const upstreams = groups.flatMap(({ members }) => members);
const begin = performance.now();
const picker = createPicker({
  upstreams,
  balancer: balancer as Balancer,
  random: Math.random,
  share: () => 1,
  previous: undefined,
});
const msToMake = performance.now() - begin;
pickMany(picker, Math.min(Number(picks) / 10, 100_000), limitMs / 4); // compiled from here on
const { done, ms } = pickMany(picker, Number(picks), limitMs);
const figures: PickerFigures = { nsPerPick: (ms * 1e6) / done, picks: done, msToMake };
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** As many as there is time for. @throws Error if one is missing. */
function pickMany(from: Picker, most: number, withinMs: number): { done: number; ms: number } {
  const start = performance.now();
  let done = 0;
  let found = 0;
  while (done < most && performance.now() - start < withinMs) {
    for (let i = 0; i < batch; i++) if (pickOne(from, (done + i) % mostOpen)) found++;
    done += batch;
  }
  if (found !== done) throw new Error(`${done - found} picks found nobody`);
  return { done, ms: performance.now() - start };
}

function pickOne(from: Picker, slot: number): boolean {
  const oldest = open[slot];
  if (oldest) {
    oldest.dials -= 1;
    from.left(oldest);
  }
  const picked = from.pick();
  if (!picked) return false;
  picked.dials += 1;
  open[slot] = picked;
  return true;
}

function endpointAt(index: number): Endpoint {
  const host = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  const share = { weight: 1, priority: 0, maxSessions: 0, drain: false };
  return { address: { kind: 'tcp', host, port: 2379 }, ...share };
}
