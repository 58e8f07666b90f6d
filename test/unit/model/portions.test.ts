import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { atOnce, inPortions, inTurns, portionSize } from '../../../src/model/portions.js';

const test = suite('portions');

const many = Array.from({ length: 4 * portionSize + 1 }, (_, index) => index);

test('take every item once, in order, and breathe after each portion', () => {
  const seen: number[] = [];
  const portions = [...inPortions(many, (item) => seen.push(item))];
  assert.equal(seen, many);
  assert.is(portions.length, 4);
});

test('are all done in one turn where they have to be', () => {
  const seen: number[] = [];
  atOnce(inPortions(many, (item) => seen.push(item)));
  assert.is(seen.length, many.length);
});

test('let others take turns between', async () => {
  let [done, turns] = [0, 0];
  const seen: number[] = [];
  let next = setImmediate(function turn() {
    turns += 1;
    seen.push(done);
    next = setImmediate(turn);
  });
  await inTurns(inPortions(many, () => (done += 1)));
  clearImmediate(next);
  assert.is(done, many.length);
  assert.ok(turns >= 3 && turns <= 5, `${turns} turns`);
  assert.equal(
    seen.every((count) => count % portionSize === 0),
    true,
  );
});

test('hand on the result, and what goes wrong', async () => {
  function* failing(): Generator<undefined, never, undefined> {
    yield;
    throw new Error('broken');
  }
  function* working(): Generator<undefined, string, undefined> {
    yield;
    return 'done';
  }
  assert.is(await inTurns(working()), 'done');
  assert.is(atOnce(working()), 'done');
  assert.throws(() => atOnce(failing()), 'broken');
  const error: unknown = await inTurns(failing()).catch((reason: unknown) => reason);
  assert.ok(error instanceof Error && error.message === 'broken');
});

test.run();
