import { setImmediate as nextTurn } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { batchedBytes, WriteBatch, type BatchWriter } from '../../../src/proxy/write-batch.js';

const test = suite('write batch');

/** Writes into a list; keeps the chunks that it is told to. */
class Pen implements BatchWriter {
  readonly written: string[];
  readonly kept: Buffer[] = [];
  keeps = false;

  constructor(written: string[]) {
    this.written = written;
  }

  writeBatched(chunk: Buffer): boolean {
    this.written.push(chunk.toString());
    if (this.keeps) this.kept.push(chunk);
    return this.keeps;
  }
}

function withPens(): { batch: WriteBatch; one: Pen; other: Pen; written: string[] } {
  const written: string[] = [];
  return { batch: new WriteBatch(), one: new Pen(written), other: new Pen(written), written };
}

test('writes nothing before the end of the turn, then all in its order', async () => {
  const { batch, one, other, written } = withPens();
  batch.add(one, Buffer.from('a'));
  batch.add(other, Buffer.from('bb'));
  batch.add(one, Buffer.from('c'));
  await Promise.resolve();
  assert.equal(written, []);
  await nextTurn();
  assert.equal(written, ['a', 'bb', 'c']);
  await nextTurn();
  assert.is(written.length, 3);
});

test('keeps its order when more comes than it holds', async () => {
  const { batch, one, written } = withPens();
  const words = Array.from({ length: 1_000 }, (_, n) => `${n}`);
  for (const word of words) batch.add(one, Buffer.from(word));
  assert.ok(written.length > 0 && written.length < 1_000);
  batch.flush();
  assert.equal(written, words);
});

test('copies: a chunk may change once it is added, up to the largest', () => {
  const { batch, one, written } = withPens();
  const chunk = Buffer.alloc(batchedBytes, 'x');
  batch.add(one, chunk);
  chunk.fill('y');
  batch.add(one, chunk.subarray(0, 0));
  batch.flush();
  assert.equal(written, ['x'.repeat(batchedBytes), '']);
});

test('never touches again what a writer has kept', () => {
  const { batch, one, other } = withPens();
  one.keeps = true;
  for (let n = 0; n < 200; n += 1) {
    batch.add(one, Buffer.from(`kept ${n}`));
    batch.add(other, Buffer.from(`gone ${n}`));
    batch.flush();
  }
  assert.equal(
    one.kept.map(String),
    Array.from({ length: 200 }, (_, n) => `kept ${n}`),
  );
});

test('goes on after it was emptied before the end of the turn', async () => {
  const { batch, one, written } = withPens();
  batch.add(one, Buffer.from('a'));
  batch.flush();
  batch.add(one, Buffer.from('b'));
  assert.equal(written, ['a']);
  await nextTurn();
  assert.equal(written, ['a', 'b']);
  batch.add(one, Buffer.from('c'));
  await nextTurn();
  assert.equal(written, ['a', 'b', 'c']);
});

test('lets nothing wait where little comes in each turn, and tries again later', async () => {
  const { batch, one, written } = withPens();
  const waits = (): boolean => {
    const before = written.length;
    batch.add(one, Buffer.from('x'));
    return written.length === before;
  };
  for (let turns = 0; waits(); turns += 1) {
    assert.ok(turns < 100, 'it waits for ever');
    await nextTurn();
  }
  for (let chunks = 0; !waits(); chunks += 1) assert.ok(chunks < 10_000, 'it never tries again');
  const before = written.length;
  await nextTurn();
  assert.is(written.length, before + 1);
});

test('goes on waiting for the end of turns in which much comes', async () => {
  const { batch, one, written } = withPens();
  for (let turn = 1; turn <= 10; turn += 1) {
    for (let n = 0; n < 20; n += 1) batch.add(one, Buffer.from('x'));
    assert.is(written.length, (turn - 1) * 20);
    await nextTurn();
    assert.is(written.length, turn * 20);
  }
});

test.run();
