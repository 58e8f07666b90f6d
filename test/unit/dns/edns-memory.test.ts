import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EdnsMemory } from '../../../src/dns/edns-memory.js';

const test = suite('memory of EDNS0');

const [one, other] = [
  { host: '192.0.2.1', port: 53 },
  { host: '192.0.2.1', port: 5353 },
];
const hourMs = 3_600_000;

let nowMs = 0;
let memory: EdnsMemory;

test.before.each(() => {
  nowMs = 0;
  memory = new EdnsMemory({ nowMs: () => nowMs });
});

test('knows nothing of a server that has never been asked', () => {
  assert.is(memory.of(one), undefined);
});

test('remembers what each server has answered to', () => {
  memory.answered(one, false);
  memory.answered(other, true);
  assert.equal([memory.of(one), memory.of(other)], [false, true]);
  memory.answered(one, true);
  assert.equal([memory.of(one), memory.of(other)], [true, true]);
});

test('forgets after an hour, however often it was told so', () => {
  memory.answered(one, false);
  nowMs = hourMs - 1;
  memory.answered(one, false);
  assert.is(memory.of(one), false);
  nowMs = hourMs;
  assert.is(memory.of(one), undefined, 'the server may have been replaced by a better one');
  memory.answered(one, true);
  nowMs = 2 * hourMs - 1;
  assert.is(memory.of(one), true);
});

test('has a server that was silent to EDNS0 asked without it, and then with it again', () => {
  memory.silent(one, true);
  assert.is(memory.of(one), false);
  memory.silent(one, false);
  assert.is(memory.of(one), undefined);
  memory.answered(one, true);
  memory.silent(one, true);
  assert.is(memory.of(one), false, 'also one that has answered: a firewall may have come between');
});

test('forgets one server when told so', () => {
  memory.answered(one, false);
  memory.answered(other, false);
  memory.forget(one);
  assert.equal([memory.of(one), memory.of(other)], [undefined, false]);
});

test.run();
