import { randomInt } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped } from '../support/scope.js';
import { areaNamed } from './areas.js';
import { readCorpus } from './corpus.js';
import { checkBounded, explore, type Finding } from './explore.js';

/** The short form: enough to notice a promise that is broken for many inputs. */
const limitMs = 2_000;

/** `FUZZ_SEED` repeats a run. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

/** Registers the area's short form: its corpus, then inputs made for two seconds. */
export function fuzzTests(name: string): void {
  const test = suite(`fuzz: ${name}`);

  test(
    `keeps what ${name} promises for each input of its corpus`,
    scoped(async (scope) => {
      const area = await (await areaNamed(name))(scope);
      const corpus = await readCorpus(name);
      assert.ok(corpus.length > 0);
      for (const { file, bytes } of corpus) {
        await checkBounded(area, bytes).catch((cause: unknown) => {
          throw new Error(`test/corpus/${name}/${file}: ${told(cause)}`, { cause });
        });
      }
    }),
  );

  test(
    `keeps what ${name} promises for inputs made for ${limitMs / 1_000} s`,
    scoped(async (scope) => {
      const area = await (await areaNamed(name))(scope);
      const { runs, finding } = await explore(area, {
        ...{ corpus: await readCorpus(name), seed, limitMs },
      });
      console.log(`fuzz ${name}: ${runs} inputs, seed ${seed}`);
      if (finding) throw broken(name, finding);
      assert.ok(runs > 0);
    }),
  );

  test.run();
}

function broken(name: string, { input, error }: Finding): Error {
  const text = JSON.stringify(input.toString('latin1').slice(0, 2_000));
  const again = `npm run fuzz -- ${name} --seed ${seed}`;
  return new Error(`${told(error)}: broken by ${text}; "${again}" finds and keeps it`, {
    cause: error,
  });
}

/** With its place: uvu shows no causes. */
function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
