import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openLibc } from '../../../src/kernel/libc/libc.js';
import type { Memory } from '../../../src/kernel/libc/memory.js';
import { batchedBytes, WriteBatch, type BatchWriter } from '../../../src/kernel/write-batch.js';
import { needsThat } from '../../support/needs.js';

const libc = await openLibc();
const plain = suite('write batch');
const test = needsThat(plain, libc ? undefined : 'there are no plain system calls here');

/** Writes into a list. */
class Pen implements BatchWriter {
  readonly written: string[];

  constructor(written: string[]) {
    this.written = written;
  }

  writeBatched({ bytes }: Memory, offset: number, length: number): void {
    this.written.push(bytes.toString('latin1', offset, offset + length));
  }
}

function withPens(): {
  batch: WriteBatch;
  one: Pen;
  other: Pen;
  written: string[];
  filled: number[];
} {
  const written: string[] = [];
  const filled: number[] = [];
  if (!libc) throw new Error('no calls');
  const batch = new WriteBatch(libc, () => filled.push(written.length));
  return { batch, one: new Pen(written), other: new Pen(written), written, filled };
}

test('writes nothing before it is flushed, then all in its order, once', () => {
  const { batch, one, other, written, filled } = withPens();
  batch.add(one, Buffer.from('a'));
  batch.add(other, Buffer.from('bb'));
  batch.add(one, Buffer.from('c'));
  assert.equal(written, []);
  assert.equal(filled, [0], 'says once that there is something');
  batch.flush();
  batch.flush();
  assert.equal(written, ['a', 'bb', 'c']);
  assert.ok(batch.isEmpty);
});

test('keeps its order when more comes than it holds', () => {
  const { batch, one, written } = withPens();
  const words = Array.from({ length: 2_000 }, (_, n) => `${n}`);
  for (const word of words) batch.add(one, Buffer.from(word));
  assert.ok(written.length > 0 && written.length < 2_000);
  batch.flush();
  assert.equal(written, words);
});

test('copies: a chunk may change once it is added, up to the largest', () => {
  const { batch, one, written } = withPens();
  const chunk = Buffer.alloc(batchedBytes, 'x');
  for (let n = 0; n < 100; n += 1) batch.add(one, chunk);
  chunk.fill('y');
  batch.add(one, chunk.subarray(0, 0));
  batch.flush();
  assert.equal(written, [...Array<string>(100).fill('x'.repeat(batchedBytes)), '']);
});

plain.run();
