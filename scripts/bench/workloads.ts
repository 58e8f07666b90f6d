import { cpuMs, processTree } from './accounting.js';
import type { Owner } from './owner.js';
import { startChild } from './processes.js';
import type { RunningProxy } from './proxies.js';
import type { Tools } from './tools.js';

export interface Workload {
  /** What `--load` calls it. */
  readonly key: string;
  readonly name: string;
  /** What is counted. */
  readonly unit: string;
  readonly backend: 'echo' | 'sink';
  /** Of the load generator: workload, sessions, bytes a message. */
  readonly load: readonly [kind: 'ping-pong' | 'churn' | 'bulk', sessions: number, size: number];
}

export const workloads: readonly Workload[] = [
  {
    key: 'small',
    name: '64 sessions, 256 B ping-pong',
    unit: 'message',
    backend: 'echo',
    load: ['ping-pong', 64, 256],
  },
  {
    key: 'large',
    name: '64 sessions, 16 KiB ping-pong',
    unit: 'message',
    backend: 'echo',
    load: ['ping-pong', 64, 16_384],
  },
  {
    key: 'churn',
    name: 'connect, 64 B, close',
    unit: 'session',
    backend: 'echo',
    load: ['churn', 16, 64],
  },
  {
    key: 'bulk',
    name: 'bulk one way, 4 sessions',
    unit: 'MiB',
    backend: 'sink',
    load: ['bulk', 4, 0],
  },
];

/** One measurement of one proxy. */
export interface Sample {
  readonly cpuUsPerOperation: number;
  readonly operationsPerSecond: number;
  readonly failures: number;
  /** Undefined for bulk: it has no messages. */
  readonly latencyUs: { readonly p50: number; readonly p99: number } | undefined;
}

export interface Lengths {
  readonly warmupMs: number;
  readonly runMs: number;
}

/** Loads a proxy and reads its CPU time around the run, while nothing is under way. */
export async function measure(
  owner: Owner,
  tools: Tools,
  proxy: RunningProxy,
  workload: Workload,
  lengths: Lengths,
): Promise<Sample> {
  const [kind, sessions, size] = workload.load;
  const numbers = [proxy.port, sessions, size, lengths.warmupMs, Math.round(lengths.runMs)];
  const loadgen = startChild(owner, tools.loadgen, [kind, ...numbers.map(String)]);
  try {
    await loadgen.nextLine();
    const pids = processTree(proxy.child.pid);
    const before = cpuMs(pids);
    loadgen.write('go');
    const counted = JSON.parse(await loadgen.nextLine()) as Counted;
    return sampleOf(counted, cpuMs(pids) - before, workload);
  } finally {
    await loadgen.stop();
  }
}

/** What `loadgen` prints. */
interface Counted {
  readonly operations: number;
  readonly failures: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

function sampleOf(counted: Counted, cpu: number, workload: Workload): Sample {
  return {
    cpuUsPerOperation: (cpu * 1000) / counted.operations,
    operationsPerSecond: counted.operations / counted.seconds,
    failures: counted.failures,
    latencyUs: workload.load[0] === 'bulk' ? undefined : { p50: counted.p50Us, p99: counted.p99Us },
  };
}
