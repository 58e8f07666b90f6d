import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startBackend } from '../backend.js';
import type { Bench } from '../bench.js';
import { markdownTable } from '../markdown.js';
import { type Owner, withOwner } from '../owner.js';
import { accepting, type Child, freePort, startChild } from '../processes.js';
import { formatNumber } from '../statistics.js';
import { isInstalled } from '../tools.js';
import { loopbackAddress } from './addresses.js';
import type { Chapter } from './chapter.js';
import { type Gateways, ScaledGateway } from './gateway.js';

const limitMs = 60_000;

const domain = 'etcd.example.test';

interface Figures {
  readonly records: number;
  readonly startedInMs: number;
  readonly knownMs: number;
  readonly changedMs: number;
  readonly memoryMiB: number;
}

/** A discovery whose answer has many records, each with a host name of its own. */
export async function srvChapter(bench: Bench): Promise<Chapter> {
  if (!isInstalled('dnsmasq')) {
    return { text: '## By SRV records\n\nLeft out: dnsmasq is not installed.', plots: [] };
  }
  const columns: Figures[] = [];
  for (const records of bench.options.quick ? [50] : [3, 50, 500]) {
    await withOwner(async (owner) => {
      columns.push(await measureSrv(owner, bench, records));
    });
    bench.say(`scale: ${records} SRV records`);
  }
  const row = (what: string, of: (figures: Figures) => number): string[] => [
    what,
    ...columns.map((figures) => formatNumber(of(figures))),
  ];
  const table = markdownTable(
    ['SRV records', ...columns.map(({ records }) => String(records))],
    [
      row('start, ms', (f) => f.startedInMs),
      row('all upstreams known and resolved, ms', (f) => f.knownMs),
      row('a changed answer in effect, ms', (f) => f.changedMs),
      row('MiB, no session', (f) => f.memoryMiB),
    ],
  );
  return {
    text: `## By SRV records\n\n${table}\n\ndnsmasq answers; each record has a host name of its own, so each needs another look-up. The times run from exec, and from the request to look again, until the state shows every upstream of the answer, resolved. The changed answer has as many records, half of them new; the state is asked every 20 ms, which is part of the time.`,
    plots: [],
  };
}

async function measureSrv(owner: Owner, { tools }: Bench, records: number): Promise<Figures> {
  const backend = await startBackend(owner, tools, 'wide');
  const dns = await freePort();
  const file = join(await owner.temporaryFolder(), 'dnsmasq.conf');
  const server = await serve(owner, file, dns, recordsOf(records, backend, 0));
  const begin = performance.now();
  const gateway = await ScaledGateway.start(owner, {
    gateways: discovering,
    dns: { servers: [`127.0.0.1:${dns}`], 'min-ttl': '1h' },
  });
  await until(() => isKnown(gateway, records, 0));
  const knownMs = performance.now() - begin;
  await server.stop();
  const half = Math.ceil(records / 2);
  await serve(owner, file, dns, recordsOf(records, backend, half));
  const change = performance.now();
  await gateway.refresh();
  await until(() => isKnown(gateway, records, half));
  return {
    records,
    startedInMs: gateway.startedInMs,
    knownMs,
    changedMs: performance.now() - change,
    memoryMiB: gateway.residentMiB(),
  };
}

function discovering(port: number): Gateways {
  return {
    scale: {
      'listen-addr': `127.0.0.1:${port}`,
      'discovery-srv': domain,
      'insecure-discovery': true,
    },
  };
}

function recordsOf(count: number, port: number, from: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const host = `m${from + i}.${domain}`;
    const ip = loopbackAddress(from + i, port).replace(/:.*/, '');
    return `host-record=${host},${ip}\nsrv-host=_etcd-client._tcp.${domain},${host},${port},0,1`;
  });
}

async function serve(
  owner: Owner,
  file: string,
  port: number,
  records: readonly string[],
): Promise<Child> {
  const settings = [
    ...[`port=${port}`, 'listen-address=127.0.0.1', 'bind-interfaces', 'user=', 'pid-file='],
    ...['no-resolv', 'no-hosts', `local=/${domain}/`, 'local-ttl=1'],
  ];
  await writeFile(file, [...settings, ...records, ''].join('\n'));
  const server = startChild(owner, 'dnsmasq', ['-k', '-C', file]);
  await accepting(port, server);
  return server;
}

interface SeenState {
  readonly gateways: readonly {
    readonly upstreams: readonly {
      readonly endpoint: string;
      readonly state: string;
      readonly addresses: readonly string[];
    }[];
  }[];
}

async function isKnown(gateway: ScaledGateway, records: number, from: number): Promise<boolean> {
  const { gateways } = await gateway.state<SeenState>();
  const resolved = (gateways[0]?.upstreams ?? []).filter(({ addresses }) => addresses.length > 0);
  const names = new Set(resolved.map(({ endpoint }) => endpoint.replace(/\..*/, '')));
  return Array.from({ length: records }, (_, i) => `m${from + i}`).every((name) => names.has(name));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not all records were used in ${limitMs} ms`);
    await delay(20);
  }
}
