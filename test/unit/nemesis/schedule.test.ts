import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { configuration } from '../../nemesis/files.js';
import { shuffled } from '../../nemesis/random.js';
import { seeded } from '../../support/seeded.js';
import { commandFor } from '../../nemesis/report.js';
import { schedule, type Step } from '../../nemesis/schedule.js';
import { runProgram } from '../../support/program.js';
import { scoped } from '../../support/scope.js';

const test = suite("the nemesis' schedule");

function first<F>(steps: Iterator<Step<F>, never>, count: number): Step<F>[] {
  return Array.from({ length: count }, () => steps.next().value);
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const sizes = fc.constantFrom(3, 5);

test('is the same for the same seed', () => {
  const property = fc.property(seeds, sizes, (seed, members) => {
    const [one, other] = [schedule(seed, members), schedule(seed, members)];
    assert.equal(first(one.members, 30), first(other.members, 30));
    assert.equal(first(one.gateway, 30), first(other.gateway, 30));
  });
  fc.assert(property);
});

test('differs from seed to seed', () => {
  const [one, other] = [schedule(1, 3), schedule(2, 3)];
  assert.not.equal(first(one.members, 30), first(other.members, 30));
});

test('takes a minority down at most, and more for two seconds only', () => {
  const property = fc.property(seeds, sizes, (seed, members) => {
    for (const { fault, lastsMs } of first(schedule(seed, members).members, 50)) {
      const down = fault.members.length;
      assert.ok(down >= 1 && new Set(fault.members).size === down);
      if (fault.kind === 'freeze most') assert.ok(lastsMs <= 2_000);
      else assert.ok(down <= (members - 1) / 2);
      for (const each of fault.members) assert.ok(each === 'leader' || each < members);
    }
  });
  fc.assert(property);
});

test('leaves no kind of fault out', () => {
  const property = fc.property(seeds, (seed) => {
    const { members, gateway } = schedule(seed, 3);
    const kinds = (steps: readonly Step<{ readonly kind: string }>[]): number =>
      new Set(steps.map(({ fault }) => fault.kind)).size;
    assert.is(kinds(first(members, 7)), 5);
    assert.is(kinds(first(gateway, 11)), 7);
  });
  fc.assert(property);
});

test('a shuffled list has the same items', () => {
  const property = fc.property(seeds, fc.array(fc.nat(9)), (seed, items) => {
    assert.equal(shuffled(seeded(seed), items).sort(), [...items].sort());
  });
  fc.assert(property);
});

test('random numbers lie in [0, 1) and are spread', () => {
  const random = seeded(7);
  const numbers = Array.from({ length: 10_000 }, () => random());
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 0.02, String(mean));
});

for (const [content, code] of [
  ['all', 0],
  ['one less', 0],
  ['other settings', 0],
  ['broken', 78],
] as const) {
  test(
    `the gateway ${code === 0 ? 'takes' : 'refuses'} the file of content "${content}"`,
    scoped(async (scope) => {
      const file = join(await scope.tempDir(), 'gateway.yaml');
      const members = ['127.0.0.1:1', '127.0.0.1:2'];
      await writeFile(file, configuration(content, members, [3, 4, 5], '127.0.0.1:53'));
      const { code: exit, stderr } = await runProgram(['check', file]);
      assert.is(exit, code, stderr);
    }),
  );
}

test('the command that is printed says all that a run depends on', () => {
  const command = commandFor({ seed: 5, members: 3, lastsMs: 75_000 });
  assert.is(command, 'npm run nemesis -- --seed 5 --members 3 --minutes 1.25');
});

test.run();
