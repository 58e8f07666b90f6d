import * as assert from 'uvu/assert';

/** What a terminal obeys or a reader cannot see. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** One line for a person, of bounded length, that no terminal obeys and no trace stands in. */
export function assertCleanLine(line: string, longest = 4_000): void {
  assert.not.match(line, unseen);
  assert.ok(line.length <= longest, `a line of ${line.length} characters`);
  assertNoTrace(line);
}

/** Lines for a person. */
export function assertCleanText(text: string, longest?: number): void {
  for (const line of text.split('\n')) assertCleanLine(line, longest);
}

/** A stack trace is for defects. */
export function assertNoTrace(text: string): void {
  assert.not.match(text, /\bat (?:async )?\S+ \(|\bnode:internal|file:\/\/|\bTypeError\b/);
}
