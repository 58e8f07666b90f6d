import { setImmediate } from 'node:timers/promises';

import type { GatewayView, UpstreamStateName, UpstreamView } from '../../model/views.js';
import { escapeLabel } from './escape-label.js';
import { upstreamRows } from './upstream-rows.js';

/** Writes one line: the labels go on after the upstream's own, as `,state="ejected"`. */
type Write = (value: number, labels?: string) => void;

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: (upstream: UpstreamView, write: Write) => void;
}

const states: readonly UpstreamStateName[] = ['healthy', 'resolving', 'ejected', 'draining'];

const families: readonly Family[] = [
  {
    name: 'etcd_gateway_upstream_state',
    type: 'gauge',
    help: '1 for the state that the upstream is in, 0 for the others.',
    samples: (upstream, write) => {
      for (const state of states) write(+(upstream.state === state), `,state="${state}"`);
    },
  },
  {
    name: 'etcd_gateway_upstream_suspected',
    type: 'gauge',
    help: '1 while an upstream is slow to connect or to answer, so that new sessions prefer others.',
    samples: ({ suspected }, write) => write(+suspected),
  },
  {
    name: 'etcd_gateway_sessions_active',
    type: 'gauge',
    help: 'Open sessions.',
    samples: ({ sessions }, write) => write(sessions),
  },
  {
    name: 'etcd_gateway_sessions_opened_total',
    type: 'counter',
    help: 'Sessions opened.',
    samples: ({ counters }, write) => write(counters.sessionsOpened),
  },
  {
    name: 'etcd_gateway_sessions_closed_total',
    type: 'counter',
    help: 'Sessions ended, by why they did.',
    samples: ({ counters }, write) => {
      for (const [reason, count] of Object.entries(counters.sessionsClosed)) {
        write(count, `,reason="${reason}"`);
      }
    },
  },
  {
    name: 'etcd_gateway_relayed_bytes_total',
    type: 'counter',
    help: 'Bytes relayed: sent to the endpoint, received from it.',
    samples: ({ counters }, write) => {
      write(counters.bytesSent, ',direction="sent"');
      write(counters.bytesReceived, ',direction="received"');
    },
  },
  {
    name: 'etcd_gateway_upstream_ejections_total',
    type: 'counter',
    help: 'Times that a failure took the upstream out of rotation.',
    samples: ({ counters }, write) => write(counters.ejections),
  },
  {
    name: 'etcd_gateway_upstream_dial_failures_total',
    type: 'counter',
    help: 'Dials to the upstream that failed.',
    samples: ({ counters }, write) => write(counters.dialFailures),
  },
];

const upstreamsAtOnce = 250;

/**
 * What the pools say of themselves, in Prometheus' text format 0.0.4; a series goes with its
 * endpoint. Written by hand and in portions, as prom-client holds the event loop for 100 ms at
 * 1,000 upstreams.
 */
export async function renderUpstreams(gateways: readonly GatewayView[]): Promise<string> {
  const blocks = families.map(({ name, type, help }) => [
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
  ]);
  for (const gateway of gateways) {
    const { name } = gateway;
    const upstreams = upstreamRows(gateway.upstreams);
    for (let first = 0; first < upstreams.length; first += upstreamsAtOnce) {
      renderPortion(name, upstreams.slice(first, first + upstreamsAtOnce), blocks);
      await setImmediate();
    }
  }
  return blocks.map((portions) => portions.join('')).join('\n');
}

/** An address label has only what stands for one address of a name. */
function labelsOf(gateway: string, { endpoint, address }: UpstreamView): string {
  const labels = `gateway="${escapeLabel(gateway)}",endpoint="${escapeLabel(endpoint)}"`;
  return address === undefined ? labels : `${labels},address="${escapeLabel(address)}"`;
}

/** Adds one text to the block of each family. */
function renderPortion(
  gateway: string,
  upstreams: readonly UpstreamView[],
  blocks: readonly string[][],
): void {
  families.forEach(({ name, samples }, index) => {
    const lines: string[] = [];
    for (const upstream of upstreams) {
      const at = `${name}{${labelsOf(gateway, upstream)}`;
      samples(upstream, (value, labels = '') => lines.push(`${at}${labels}} ${value}\n`));
    }
    blocks[index]?.push(lines.join(''));
  });
}
