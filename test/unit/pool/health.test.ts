import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { nextHealth, unknownHealth, type Verdict } from '../../../src/pool/health.js';

const test = suite('health');

function verdictsOf(outcomes: string, rise: number, fall: number): Verdict[] {
  let health = unknownHealth;
  return Array.from(outcomes, (outcome) => {
    health = nextHealth(health, outcome === '+', { rise, fall });
    return health.verdict;
  });
}

const table: readonly [string, number, number, string][] = [
  ['+', 1, 2, 'h'],
  ['-', 1, 1, 'u'],
  ['--', 1, 2, '?u'],
  ['+-+-', 1, 2, 'hhhh'],
  ['+--+', 1, 2, 'hhuh'],
  ['--+-++', 2, 2, '?uuuuh'],
  ['+++--', 3, 2, '??hhu'],
];

for (const [outcomes, rise, fall, expected] of table) {
  test(`turns ${outcomes} with rise ${rise} and fall ${fall} into ${expected}`, () => {
    const letters = { unknown: '?', healthy: 'h', unhealthy: 'u' };
    const verdicts = verdictsOf(outcomes, rise, fall).map((verdict) => letters[verdict]);
    assert.is(verdicts.join(''), expected);
  });
}

test('changes its verdict only after a whole run of contrary outcomes', () => {
  const outcomes = fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 60 });
  const count = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(outcomes, count, count, (text, rise, fall) => {
      verdictsOf(text, rise, fall).forEach((verdict, index, all) => {
        if (verdict === (all[index - 1] ?? 'unknown')) return;
        const run = verdict === 'healthy' ? '+'.repeat(rise) : '-'.repeat(fall);
        assert.ok(text.slice(0, index + 1).endsWith(run));
      });
    }),
  );
});

test.run();
