import { setTimeout as sleep } from 'node:timers/promises';

import type { ConfigObject, GatewayProcess } from '../support/gateway.js';
import type { SoakEndpoint } from './endpoint.js';

export interface Place {
  readonly port: number;
  readonly adminSocket: string;
  /** They stay, and so must their sessions. */
  readonly stable: readonly SoakEndpoint[];
  /** They come and go. */
  readonly flapping: readonly SoakEndpoint[];
  /** An address at which nobody ever listens. */
  readonly dead: string;
}

/** The files that follow each other, and whether the gateway must take them. */
const files: readonly { readonly text: (place: Place) => string; readonly taken: boolean }[] = [
  { taken: true, text: (place) => configText(place, weighted(place, 10), {}) },
  { taken: true, text: (place) => configText(place, weighted(place, 20).slice(0, -1), {}) },
  { taken: true, text: (place) => configText(place, [...weighted(place, 10), place.dead], {}) },
  { taken: false, text: (place) => configText(place, weighted(place, 10), { balancr: 'x' }) },
  {
    taken: true,
    text: (place) => configText(place, weighted(place, 10), { balancer: 'least-sessions' }),
  },
  {
    taken: true,
    text: (place) =>
      configText(place, weighted(place, 15), {
        'health-check': { type: 'tcp', interval: '1s', timeout: '500ms' },
        'max-sessions': 50_000,
      }),
  },
];

export function firstFile(place: Place): string {
  return configText(place, weighted(place, 10), {});
}

/** Counts of what has been done to the gateway. */
export interface Weather {
  reloads: number;
  refused: number;
  cuts: number;
  refusals: number;
}

/** A file after the other, each judged by the gateway before the next comes. */
export async function changeFiles(
  gateway: GatewayProcess,
  place: Place,
  everyMs: number,
  weather: Weather,
  signal: AbortSignal,
): Promise<void> {
  for (let step = 1; !signal.aborted; step++) {
    const file = files[step % files.length];
    if (file === undefined) return;
    const after = gateway.logs.length;
    await gateway.edit(file.text(place));
    const verdict = file.taken ? 'configuration applied' : 'configuration refused, what runs stays';
    await gateway.logged(verdict, { after, timeoutMs: 20_000 });
    weather[file.taken ? 'reloads' : 'refused']++;
    await pause(everyMs, signal);
  }
}

/** Each in its turn refuses new sessions or is cut off, and comes back. */
export async function flap(
  endpoints: readonly SoakEndpoint[],
  everyMs: number,
  weather: Weather,
  signal: AbortSignal,
): Promise<void> {
  for (let step = 0; !signal.aborted; step++) {
    const endpoint = endpoints[step % endpoints.length];
    if (endpoint === undefined) return;
    const cut = step % 4 < 2;
    if (cut) endpoint.cut();
    else endpoint.refuse();
    weather[cut ? 'cuts' : 'refusals']++;
    await pause(everyMs / 2, signal);
    await endpoint.listen();
    await pause(everyMs / 2, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined); // told by the signal
}

/** The stable ones carry nearly all. */
function weighted({ stable, flapping }: Place, weight: number): (ConfigObject | string)[] {
  return [
    ...stable.map(({ address }) => ({ addr: address, weight })),
    ...flapping.map(({ address }) => ({ addr: address, weight: 1 })),
  ];
}

function configText(place: Place, endpoints: readonly unknown[], more: ConfigObject): string {
  return JSON.stringify({
    gateways: {
      main: {
        'listen-addr': `127.0.0.1:${place.port}`,
        endpoints,
        'retry-delay': '2s',
        ...more,
      },
    },
    admin: { 'listen-addr': `unix:${place.adminSocket}` },
    log: { level: 'info', format: 'json' },
    shutdown: { 'drain-timeout': '5s' },
  });
}
