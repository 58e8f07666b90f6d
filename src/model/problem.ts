import type { ConfigProblem } from './config.js';

/** `FILE:LINE:COL: PATH: what (hint)`, on one line. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const { line, column, path, what, hint } = problem;
  const subject = path === '' ? '' : `${path}: `;
  return `${file}:${line}:${column}: ${subject}${what}${hint === '' ? '' : ` (${hint})`}`;
}
