import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Heap } from '../../../src/pool/heap.js';

const test = suite('heap');

const numbers = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 50 });
const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 20 })), { maxLength: 50 });

test('has the least entry first, whatever its entries change to', () => {
  fc.assert(
    fc.property(numbers, changes, (values, updates) => {
      const entries = values.map((value) => ({ value, place: 0 }));
      const heap = new Heap(entries, (a, b) => a.value < b.value);
      const least = (): number => Math.min(...entries.map(({ value }) => value));
      assert.is(heap.first?.value, least());
      for (const [at, value] of updates) {
        const entry = entries[at % entries.length];
        if (!entry) continue;
        entry.value = value;
        heap.changed(entry);
        assert.is(heap.first?.value, least());
      }
    }),
  );
});

test('has no first entry when it is empty', () => {
  assert.is(new Heap([], () => false).first, undefined);
});

test.run();
