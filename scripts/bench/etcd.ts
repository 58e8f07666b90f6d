import type { Bench } from './bench.js';
import { Comparison } from './comparison.js';
import { type Mix, runMix } from './etcd-mix.js';
import { perfTable } from './etcd-perf.js';
import { startEtcd } from './etcd-server.js';
import { withOwner } from './owner.js';
import { openPaths, type Path } from './paths.js';
import type { Report } from './report.js';
import { interleave } from './rounds.js';
import { isInstalled } from './tools.js';

const title = 'In front of a real etcd';

interface MixSample extends Mix {
  readonly name: string;
}

/** A real etcd behind each proxy: its own client's calls, and `etcdctl check perf`. */
export async function etcdSuite(bench: Bench): Promise<Report> {
  if (!isInstalled('etcd')) {
    const text = 'Left out: etcd is not installed.';
    return { name: 'etcd', title, summary: text, text, plots: [] };
  }
  const samples: MixSample[] = [];
  let perf = '';
  await withOwner(async (owner) => {
    const paths = await openPaths(owner, bench.kinds, await startEtcd(owner));
    samples.push(...(await mixSamples(bench, paths)));
    if (bench.options.quick || !isInstalled('etcdctl')) return;
    bench.say('etcd: check perf, a minute');
    perf = await perfTable(paths);
  });
  return etcdReport(bench, samples, perf);
}

/** The first round warms up the client's code, and does not count. */
async function mixSamples({ options, say }: Bench, paths: readonly Path[]): Promise<MixSample[]> {
  const samples: MixSample[] = [];
  const ms = options.seconds * 1000;
  for (const path of paths) await runMix(path, ms / 2);
  await interleave(options.rounds, paths, async (path, round) => {
    samples.push({ name: path.name, ...(await runMix(path, ms)) });
    say(`etcd: round ${round} of ${options.rounds}, ${path.name}`);
  });
  return samples;
}

function etcdReport({ options }: Bench, samples: readonly MixSample[], perf: string): Report {
  const comparison = new Comparison(samples, [
    { title: 'CPU of the proxy, µs per call', of: (s) => s.cpuUsPerCall },
    { title: 'calls per second', of: (s) => s.callsPerSecond },
    { title: 'put, p99 ms', of: (s) => s.putP99Ms },
    { title: 'get, p99 ms', of: (s) => s.getP99Ms },
    { title: 'watch events per put', of: (s) => s.eventsPerPut },
  ]);
  const summary = comparison.table();
  const method = `Eight clients with four callers each put 256 B and get them in turn; one more client watches what is put, and must see every put once. Median (least…most) of ${options.rounds} interleaved rounds of ${options.seconds} s, after one that does not count. etcd keeps its data in memory, so that the disk is not measured. The client is JavaScript and shares the machine with etcd and the proxy: rates and latencies are mostly its own and etcd's, CPU is the proxy's alone.`;
  return {
    name: 'etcd',
    title,
    summary,
    text: ['## Put, get and watch', summary, method, perf].join('\n\n'),
    plots: [{ name: 'etcd.svg', svg: comparison.chart(title) }],
  };
}
