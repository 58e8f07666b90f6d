import fc from 'fast-check';

import type { FuzzArea } from './area.js';
import type { CorpusEntry } from './corpus.js';
import { damaged } from './mutate.js';

export interface ExploreOptions {
  readonly corpus: readonly CorpusEntry[];
  readonly seed: number;
  readonly limitMs: number;
}

export interface Exploration {
  readonly runs: number;
  readonly finding: Finding | undefined;
}

export interface Finding {
  /** The smallest input found that breaks the promise. */
  readonly input: Buffer;
  readonly error: unknown;
}

/** Nothing that one input asks for may take longer. CPU time: a busy machine is no finding. */
const longestCpuMs = 2_000;
const longestMs = 20_000;

/** A seed and the state of the corpus decide which inputs are made; the time only how many. */
export async function explore(area: FuzzArea, options: ExploreOptions): Promise<Exploration> {
  const { corpus, seed, limitMs } = options;
  const kept = corpus.map(({ bytes }) => bytes);
  const inputs = kept.length === 0 ? area.inputs : fc.oneof(area.inputs, damaged(kept));
  let running: Promise<void> | undefined;
  const promise = fc.asyncProperty(inputs, (input) => {
    running = checkBounded(area, Buffer.from(input));
    return running;
  });
  const result = await fc.check(promise, {
    ...{ seed, numRuns: 1e9, interruptAfterTimeLimit: limitMs },
    markInterruptAsFailure: false,
  });
  await running?.catch(() => undefined); // the time limit leaves the last one alone
  const [input] = result.counterexample ?? [];
  const finding = input && { input: Buffer.from(input), error: result.errorInstance };
  return { runs: result.numRuns, finding };
}

/** @throws what the area finds, and when the input costs too much time. */
export async function checkBounded(area: FuzzArea, input: Buffer): Promise<void> {
  const before = process.cpuUsage();
  await limited(area.check(input));
  const { user } = process.cpuUsage(before);
  const cpuMs = user / 1_000;
  if (cpuMs > longestCpuMs) throw new Error(`it took ${cpuMs} ms of CPU time`);
}

async function limited(work: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: ${longestMs} ms`)), longestMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
