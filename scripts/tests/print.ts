import type { FileResult } from './run-file.js';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** One line for a file, and under it all that is known where it is at fault. */
export function formatFile(file: string, result: FileResult): string {
  const bad = result.problems.length > 0;
  const counts = [
    `${result.passed} passed`,
    ...(result.failed > 0 ? [`${result.failed} failed`] : []),
    ...(result.skipped.length > 0 ? [`${result.skipped.length} skipped`] : []),
  ].join(', ');
  const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
  const line = `${bad ? 'FAIL' : 'ok  '} ${file}  ${counts}  ${seconds}`;
  return bad
    ? [line, ...result.problems.map((p) => `     ${p}`), indent(result.output)].join('\n')
    : line;
}

export function addUp(results: readonly FileResult[]): Totals {
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    skipped: results.flatMap(({ skipped }) => skipped),
  };
}

/** `N passed, N failed`, with `, N skipped` where some were. */
export function formatTotals({ passed, failed, skipped }: Totals): string {
  const more = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  return `${passed} passed, ${failed} failed${more}`;
}

function indent(output: string): string {
  return output.trimEnd().replace(/^/gm, '     | ');
}
