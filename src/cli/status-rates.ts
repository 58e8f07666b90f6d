import type { State, UpstreamState } from '../observe/admin/state.js';

/** What is counted of an upstream, for each second. */
export type Rate = Readonly<Record<(typeof counted)[number], number>>;

const counted = ['sessionsOpened', 'bytesSent', 'bytesReceived'] as const;

/** Undefined: it was not there before, or the program has been started anew. */
export type RateOf = (gateway: string, upstream: UpstreamState) => Rate | undefined;

/** Rates between two looks. */
export function ratesSince(before: State | undefined, now: State): RateOf {
  if (before?.process.startedAtMs !== now.process.startedAtMs) return () => undefined;
  const seconds = (now.nowMs - before.nowMs) / 1_000;
  const earlier = new Map(
    before.gateways.flatMap(({ name, upstreams }) =>
      upstreams.map((upstream) => [keyOf(name, upstream), upstream.counters]),
    ),
  );
  return (gateway, upstream) => {
    const old = earlier.get(keyOf(gateway, upstream));
    if (!old || seconds <= 0) return undefined;
    const rates = counted.map((name) => [name, (upstream.counters[name] - old[name]) / seconds]);
    return Object.fromEntries(rates) as Rate;
  };
}

function keyOf(gateway: string, { endpoint, address }: UpstreamState): string {
  return `${gateway} ${endpoint} ${address ?? ''}`;
}
