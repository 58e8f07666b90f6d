import { join } from 'node:path';
import type { Bench } from './bench.js';
import { inspectMachine } from './machine.js';
import { oursFile, type ProxyKind } from './proxies.js';
import { idleSamples, loadedSamples } from './relay.js';
import { relayReport } from './relay-report.js';
import type { Report } from './report.js';
import { projectFolder } from './tools.js';

const program = join(projectFolder, 'dist', 'scripts', 'bench', 'prototypes', 'data-path.js');

/** The data path in one process, in others, and native: what moving it would gain. */
export async function seamSuite(bench: Bench): Promise<Report> {
  const moved = [prototype('1 process', 1, 'shared'), prototype('2 processes', 2, 'shared')];
  const handed = prototype('2, handed out', 2, 'handed');
  const wanted = [...only(bench, 'ours'), ...moved, handed, ...only(bench, 'floor')];
  const { kinds, machine } = await inspectMachine(wanted);
  const own: Bench = { ...bench, kinds, machine };
  const samples = await loadedSamples(own);
  const idle = bench.options.loads.includes('idle') ? await idleSamples(own) : [];
  const report = relayReport(own, samples, idle, {
    name: 'seam',
    title: 'The data path in other processes',
    text: 'A prototype beside the product (`scripts/bench/prototypes/data-path.ts`): one process reads the configuration, the named number of others run the listeners, pools and relays of the product on it. They accept from one shared socket, or are handed connections in turn by the first process. CPU and memory are those of all processes together. `floor` stands for a native relay. Load generator and endpoint share the machine, so rates cannot show more than the cores that these leave over.',
  });
  return { ...report, machine };
}

function only({ kinds }: Bench, name: string): ProxyKind[] {
  return kinds.filter((kind) => kind.name === name);
}

function prototype(name: string, processes: number, accepting: 'shared' | 'handed'): ProxyKind {
  return {
    name,
    version: () => Promise.resolve('of the prototype'),
    configure: oursFile,
    command: ({ file }) => [process.execPath, program, String(processes), accepting, file],
  };
}
