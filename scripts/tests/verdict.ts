/** How the process of a test file ended. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number | null; readonly signal: string | null }
  /** Killed: it printed no summary within its time limit. */
  | { readonly kind: 'hang'; readonly limitMs: number }
  /** Killed: it printed its summary and then did not end by itself. */
  | { readonly kind: 'leak'; readonly graceMs: number };

export interface Evidence {
  readonly output: string;
  readonly ending: Ending;
  /** Command lines of processes that the file started and left behind. */
  readonly orphans: readonly string[];
}

export interface Verdict {
  readonly passed: number;
  /** Failed tests; a file that is at fault as a whole counts as one. */
  readonly failed: number;
  /** Names, each with its reason. */
  readonly skipped: readonly string[];
  /** Empty: the file is fine. */
  readonly problems: readonly string[];
}

interface Summary {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

/**
 * Judges a test file by what its process printed and how it ended. The exit code alone will not
 * do: uvu exits 0 when a hook throws, when `.run()` is forgotten and when there is no test.
 */
export function judge({ output, ending, orphans }: Evidence): Verdict {
  const text = withoutColours(output);
  const summaries = findSummaries(text);
  const skipped = findSkipped(text);
  const counts = summaries.at(-1) ?? { total: 0, passed: 0, skipped: 0 };
  const failedTests = counts.total - counts.passed;
  const problems = [
    ...endingProblems(ending, failedTests),
    ...countProblems(summaries, skipped.length),
    ...orphans.map((orphan) => `left a process running: ${orphan}`),
  ];
  const failed = problems.length > 0 && failedTests === 0 ? 1 : failedTests;
  return { passed: counts.passed, failed, skipped, problems };
}

/** Whether uvu has printed its results, after which the process should end by itself. */
export function hasSummary(output: string): boolean {
  return findSummaries(withoutColours(output)).length > 0;
}

function endingProblems(ending: Ending, failedTests: number): string[] {
  switch (ending.kind) {
    case 'hang':
      return [`hangs: not finished after ${ending.limitMs / 1000} s`];
    case 'leak':
      return [`leaks: still running ${ending.graceMs / 1000} s after its last test`];
    case 'exit':
      if (ending.signal !== null) return [`was killed by ${ending.signal}`];
      return ending.code === 0 || failedTests > 0 ? [] : [`exit code ${String(ending.code)}`];
  }
}

function countProblems(summaries: readonly Summary[], skippedNames: number): string[] {
  const [summary, ...more] = summaries;
  if (summary === undefined) return ['printed no results: is .run() missing?'];
  if (more.length > 0) return ['printed results twice: call .run() without awaiting before it'];
  const problems: string[] = [];
  if (summary.total + summary.skipped === 0) problems.push('has no tests');
  if (summary.passed < summary.total) {
    problems.push(`${summary.total - summary.passed} of ${summary.total} tests failed`);
  }
  if (summary.skipped !== skippedNames) {
    problems.push(`${summary.skipped} skipped, ${skippedNames} of them by name: .only or .skip?`);
  }
  return problems;
}

function findSummaries(text: string): Summary[] {
  const pattern = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration:/gm;
  return [...text.matchAll(pattern)].map(([, total, passed, skipped]) => ({
    total: Number(total),
    passed: Number(passed),
    skipped: Number(skipped),
  }));
}

function findSkipped(text: string): string[] {
  return [...text.matchAll(/^skipped: (.+)$/gm)].map(([, name = '']) => name);
}

function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- colours are control sequences
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}
