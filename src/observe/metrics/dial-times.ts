import { escapeLabel } from './escape-label.js';

const name = 'etcd_gateway_dial_duration_seconds';
const help = 'Time to connect to an endpoint, of dials that did.';

/** Seconds, the upper bounds of all buckets but the last. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

class Times {
  /** Not cumulative; the last is for all above the bounds. */
  readonly counts = new Float64Array(bounds.length + 1);
  sum = 0;
}

/**
 * The histogram of a gateway's dials, in Prometheus' text format 0.0.4. Counted by hand: each
 * session has a dial, and prom-client's labels cost it more than its timers do.
 */
export class DialTimes {
  readonly #gateways = new Map<string, Times>();

  observe(gateway: string, durationMs: number): void {
    const seconds = durationMs / 1000;
    const times = this.#of(gateway);
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? Infinity)) bucket += 1;
    times.counts[bucket] = (times.counts[bucket] ?? 0) + 1;
    times.sum += seconds;
  }

  forget(gateway: string): void {
    this.#gateways.delete(gateway);
  }

  render(): string {
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    for (const [gateway, times] of this.#gateways) {
      lines.push(...linesOf(`gateway="${escapeLabel(gateway)}"`, times));
    }
    return `${lines.join('\n')}\n`;
  }

  #of(gateway: string): Times {
    let times = this.#gateways.get(gateway);
    if (!times) this.#gateways.set(gateway, (times = new Times()));
    return times;
  }
}

function linesOf(label: string, { counts, sum }: Times): string[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((bound, index) => {
    count += counts[index] ?? 0;
    return `${name}_bucket{le="${bound}",${label}} ${count}`;
  });
  return [...buckets, `${name}_sum{${label}} ${sum}`, `${name}_count{${label}} ${count}`];
}
