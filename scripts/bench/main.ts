import type { Bench } from './bench.js';
import { etcdSuite } from './etcd.js';
import { httpSuite } from './http.js';
import { describeMachine, inspectMachine } from './machine.js';
import { newerPeers } from './newer-debian.js';
import { type BenchOptions, parseOptions, type SuiteName, usage } from './options.js';
import { proxyKinds } from './proxies.js';
import { relaySuite } from './relay.js';
import { reloadSuite } from './reload.js';
import { type Report, writeReport } from './report.js';
import { runtimesSuite } from './runtimes.js';
import { scaleSuite } from './scale/scale.js';
import { startupSuite } from './startup.js';
import { compileTools, widenPath } from './tools.js';

type Suite = (bench: Bench) => Promise<Report>;

const suites: Readonly<Record<SuiteName, Suite>> = {
  relay: relaySuite,
  reload: reloadSuite,
  startup: startupSuite,
  http: httpSuite,
  etcd: etcdSuite,
  scale: scaleSuite,
  runtimes: runtimesSuite,
};

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  let options: BenchOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  await runSuites(options);
  return 0;
}

async function runSuites(options: BenchOptions): Promise<void> {
  widenPath(...(options.debian === '' ? [] : [await newerPeers(options.debian)]));
  const tools = await compileTools();
  const { kinds, missing, machine } = await inspectMachine(await proxyKinds(options, tools));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(describeMachine(machine));
  for (const { name, debian } of missing) {
    say(`left out: ${name} is not installed${debian === undefined ? '' : ` (Debian: ${debian})`}`);
  }
  for (const name of options.suites) {
    const report = await suites[name]({ options, tools, kinds, machine, say });
    process.stdout.write(`\n# ${report.title}\n\n${report.text}\n`);
    if (options.write) await writeReport(report, machine);
  }
}

process.exitCode = await main(process.argv.slice(2));
