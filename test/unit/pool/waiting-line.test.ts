import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { WaitingLine, type ProbeOutcome, type Waiter } from '../../../src/pool/waiting-line.js';

const test = suite('a line of those who wait for an upstream');

class Person implements Waiter {
  line: WaitingLine | undefined;
  outcome: ProbeOutcome | undefined;

  waitIn(line: WaitingLine): void {
    this.line = line;
    line.add(this);
  }

  called(_line: WaitingLine, outcome: ProbeOutcome, dialedAtMs: number): void {
    this.outcome = outcome;
    assert.is(dialedAtMs, 7);
  }
}

function lineOf(count: number): { readonly line: WaitingLine; readonly people: Person[] } {
  const line = new WaitingLine();
  const people = Array.from({ length: count }, () => new Person());
  for (const person of people) person.waitIn(line);
  return { line, people };
}

function outcomes(people: readonly Person[]): (ProbeOutcome | undefined)[] {
  return people.map(({ outcome }) => outcome);
}

test('calls as many as are asked for, in their order, and none twice', () => {
  const { line, people } = lineOf(4);
  line.call(1, 'connected', 7);
  line.call(2, 'abandoned', 7);
  assert.equal(outcomes(people), ['connected', 'abandoned', 'abandoned', undefined]);
});

test('calls all of them at a failure', () => {
  const { line, people } = lineOf(3);
  line.call(1, 'failed', 7);
  assert.equal(outcomes(people), ['failed', 'failed', 'failed']);
});

test('calls nobody who has left', () => {
  const { line, people } = lineOf(2);
  if (people[0]) line.forget(people[0]);
  line.call(1, 'connected', 7);
  assert.equal(outcomes(people), [undefined, 'connected']);
});

test('moves behind another one, and stays where it is when that is itself', () => {
  const { line, people } = lineOf(2);
  const other = lineOf(1);
  line.moveTo(line);
  line.moveTo(other.line);
  line.call(9, 'connected', 7);
  other.line.call(2, 'connected', 7);
  assert.equal(outcomes([...other.people, ...people]), ['connected', 'connected', undefined]);
});

test.run();
