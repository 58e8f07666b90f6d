import { parseArgs } from 'node:util';

export const suiteNames = [
  ...(['relay', 'reload', 'startup', 'http', 'etcd'] as const),
  ...(['scale', 'runtimes'] as const),
] as const;
export type SuiteName = (typeof suiteNames)[number];

export const loadKeys = ['small', 'large', 'churn', 'bulk', 'idle'];

export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  /** Names of proxies; empty: all. */
  readonly only: readonly string[];
  /** Keys of the relay suite's workloads. */
  readonly loads: readonly string[];
  /** Node binaries or majors to run ours with; empty: the one that runs the bench. */
  readonly nodes: readonly string[];
  /** A suite of Debian whose etcd and HAProxy are measured; empty: the installed ones are. */
  readonly debian: string;
  /** `NAME=COMMAND` each. */
  readonly also: readonly string[];
  readonly quick: boolean;
  readonly profile: boolean;
  readonly rounds: number;
  readonly seconds: number;
  /** Whether to write `docs/benchmarks/` and the README's table. */
  readonly write: boolean;
}

export const usage = `npm run bench -- [SUITE...] [options]

suites: ${suiteNames.join(', ')} (default: all; relay and startup with --quick)

  --quick              one short round, within a minute
  --only NAME,...      these proxies: ours, etcd-gateway-go, haproxy, nginx, floor
  --load NAME,...      these workloads of relay: ${loadKeys.join(', ')}
  --also NAME=COMMAND  another proxy; {listen} and {endpoint} stand for its ports
  --debian SUITE       etcd and HAProxy of this suite (trixie, sid), fetched by apt into .cache
  --node PATH|MAJOR    run ours with this Node; several to compare them (24: fetched from npm)
  --rounds N           interleaved rounds (default 7)
  --seconds N          length of each measurement (default 3)
  --profile            V8 CPU profiles of ours, and their hottest lines
  --write, --no-write  write docs/benchmarks/ and the README's table
                       (default: only for a full run with no option that narrows it)
`;

/** @throws TypeError on an unknown option or suite. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      write: { type: 'boolean' },
      only: { type: 'string', multiple: true, default: [] },
      load: { type: 'string', multiple: true, default: [] },
      also: { type: 'string', multiple: true, default: [] },
      debian: { type: 'string', default: '' },
      node: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const narrowing = [values.only, values.load, values.also, values.node].flat();
  const narrowed = narrowing.length > 0 || values.profile || values.debian !== '';
  const loads = values.load.flatMap((keys) => keys.split(','));
  const defaults: readonly SuiteName[] = values.quick ? ['relay', 'startup'] : suiteNames;
  return {
    suites: positionals.length > 0 ? positionals.map(suiteNamed) : defaults,
    only: values.only.flatMap((names) => names.split(',')),
    loads: loads.length > 0 ? loads.map(loadNamed) : loadKeys,
    debian: suiteOfDebian(values.debian),
    nodes: values.node,
    also: values.also,
    quick: values.quick,
    profile: values.profile,
    rounds: positive(values.rounds, values.quick ? 1 : 7),
    seconds: positive(values.seconds, values.quick ? 0.8 : 3),
    write: values.write ?? !(narrowed || values.quick),
  };
}

function suiteNamed(text: string): SuiteName {
  const suite = suiteNames.find((name) => name === text);
  if (suite === undefined) throw new TypeError(`no suite "${text}" (${suiteNames.join(', ')})`);
  return suite;
}

function suiteOfDebian(text: string): string {
  if (/^[a-z]*$/.test(text)) return text;
  throw new TypeError(`"${text}" is no suite of Debian (such as trixie or sid)`);
}

function loadNamed(text: string): string {
  if (loadKeys.includes(text)) return text;
  throw new TypeError(`no workload "${text}" (${loadKeys.join(', ')})`);
}

function positive(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0)) throw new TypeError(`"${text}" is not a positive number`);
  return value;
}
