import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Bench } from './bench.js';
import { type Mix, runMix } from './etcd-mix.js';
import { type Owner, withOwner } from './owner.js';
import { accepting, freePort, startChild } from './processes.js';
import { startProxy } from './proxies.js';
import { markdownTable } from './markdown.js';
import type { Report } from './report.js';
import { formatSpread, spread } from './statistics.js';
import { isInstalled } from './tools.js';

const run = promisify(execFile);

/** A way to etcd: directly, or through a proxy whose CPU time is read. */
interface Path {
  readonly name: string;
  readonly port: number;
  readonly pid: number | undefined;
}

interface MixSample extends Mix {
  readonly path: string;
}

/** A real etcd behind each proxy: its own client's calls, and `etcdctl check perf`. */
export async function etcdSuite(bench: Bench): Promise<Report> {
  const text = isInstalled('etcd') ? await measured(bench) : 'Left out: etcd is not installed.';
  return { name: 'etcd', title: 'In front of a real etcd', summary: text, text, plots: [] };
}

async function measured(bench: Bench): Promise<string> {
  const parts: string[] = [];
  await withOwner(async (owner) => {
    const paths = await openPaths(owner, bench);
    parts.push(await mixTable(bench, paths));
    if (!bench.options.quick && isInstalled('etcdctl')) parts.push(await perfTable(bench, paths));
  });
  return parts.join('\n\n');
}

async function openPaths(owner: Owner, bench: Bench): Promise<Path[]> {
  const etcd = await startEtcd(owner);
  const paths: Path[] = [{ name: 'directly', port: etcd, pid: undefined }];
  for (const kind of bench.kinds) {
    const { name, port, child } = await startProxy(owner, kind, etcd);
    paths.push({ name, port, pid: child.pid });
  }
  return paths;
}

async function startEtcd(owner: Owner): Promise<number> {
  const folder = await owner.temporaryFolder();
  const [client, peer] = [await freePort(), await freePort()];
  const clientUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = startChild(owner, 'etcd', [
    ...['--name', 'bench', '--data-dir', folder],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `bench=${peerUrl}`],
  ]);
  await accepting(client, child);
  return client;
}

async function mixTable(bench: Bench, paths: readonly Path[]): Promise<string> {
  const samples: MixSample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    for (const path of paths) {
      const mix = await runMix(path.port, path.pid, bench.options.seconds * 1000);
      samples.push({ path: path.name, ...mix });
    }
    bench.say(`etcd: round ${round} of ${bench.options.rounds}`);
  }
  const row = (title: string, of: (sample: Mix) => number): string[] => [
    title,
    ...paths.map(({ name }) =>
      formatSpread(spread(samples.filter((s) => s.path === name).map(of))),
    ),
  ];
  const rows = [
    row('calls per second', (s) => s.callsPerSecond),
    row('put, p99 ms', (s) => s.putP99Ms),
    row('get, p99 ms', (s) => s.getP99Ms),
    row('watch events per put', (s) => s.eventsPerPut),
    row('CPU of the proxy, µs per call', (s) => s.cpuUsPerCall),
  ];
  return `## Put, get and watch\n\n${markdownTable(['', ...paths.map(({ name }) => name)], rows)}\n\nEight clients with four callers each put and get in turn; one more watches what is put. The client is JavaScript and shares the machine, so rates are its own; CPU is the proxy's. Median (least…most).`;
}

async function perfTable(bench: Bench, paths: readonly Path[]): Promise<string> {
  const rows: string[][] = [];
  for (const { name, port } of paths) {
    rows.push([name, ...(await checkPerf(port))]);
    bench.say(`etcd: check perf, ${name}`);
  }
  const head = ['', 'verdict', 'throughput', 'slowest', 'standard deviation'];
  return `## etcdctl check perf --load=s\n\n${markdownTable(head, rows)}`;
}

/** It exits 1 when a target is missed, with the same output. */
async function checkPerf(port: number): Promise<string[]> {
  const flags = [`--endpoints=127.0.0.1:${port}`, 'check', 'perf', '--load=s'];
  const environment = { ...process.env, ETCDCTL_API: '3' };
  const output = await run('etcdctl', flags, { env: environment, timeout: 120_000 }).then(
    ({ stdout }) => stdout,
    (error: unknown) => String((error as { stdout?: unknown }).stdout),
  );
  const find = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '–';
  return [
    find(/^(PASS|FAIL)$/m),
    find(/Throughput(?: is| too low:) (.*)/),
    find(/Slowest request (?:took )?(?:too long: )?(.*)/),
    find(/Stddev (?:is |too high: )?(.*)/),
  ];
}
