/**
 * `fuzz.js [AREA…] [--minutes N] [--seed S]`: the long form of the tests in test/fuzz. Each area, or
 * those named, has its share of the time. What breaks a promise is made small and kept in
 * test/corpus, where every `npm test` tries it again. Exit 1: something was found.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import type { FuzzArea } from '../test/fuzz/area.js';
import { areaNamed, areas } from '../test/fuzz/areas.js';
import { readCorpus, saveFinding } from '../test/fuzz/corpus.js';
import { explore } from '../test/fuzz/explore.js';
import { Scope } from '../test/support/scope.js';

/** Between two of these a line with the memory in use is printed. */
const sliceMs = 15_000;

/** Less is not worth a line. */
const shortestMs = 1_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  const names = positionals.length > 0 ? positionals : [...areas.keys()];
  const limitMs = (Number(values.minutes) * 60_000) / names.length;
  const seed = Number(values.seed);
  if (!(limitMs > 0) || !Number.isSafeInteger(seed))
    throw new Error('--minutes and --seed are numbers');
  for (const name of names) await fuzz(name, seed, limitMs);
}

async function fuzz(name: string, seed: number, limitMs: number): Promise<void> {
  const scope = new Scope();
  try {
    await fuzzWith(await (await areaNamed(name))(scope), name, seed, limitMs);
  } finally {
    for (const error of await scope.close()) console.error('closing failed:', error);
  }
}

async function fuzzWith(
  area: FuzzArea,
  name: string,
  seed: number,
  limitMs: number,
): Promise<void> {
  const corpus = await readCorpus(name);
  const endMs = performance.now() + limitMs;
  let runs = 0;
  for (let slice = 0; slice === 0 || endMs - performance.now() > shortestMs; slice += 1) {
    const left = Math.min(sliceMs, endMs - performance.now());
    const done = await explore(area, { corpus, seed: seed + slice, limitMs: left });
    runs += done.runs;
    console.log(`${name}: ${runs} inputs, seed ${seed + slice}, ${memory()} MiB`);
    if (!done.finding) continue;
    console.error(`kept as ${await saveFinding(name, done.finding.input)}:`, done.finding.error);
    process.exitCode = 1;
    return;
  }
}

function memory(): string {
  return (process.memoryUsage.rss() / 1024 / 1024).toFixed(0);
}

await main();
