import type { LogLevel } from '../../model/config.js';
import type { Fields } from '../../model/events.js';

import { escapeUnseen } from './text.js';
import { logValue, type LogValue } from './value.js';

export interface LogRecord {
  /** Wall clock, ms since the epoch. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** One record as one line of JSON, without its end of line: time, level, message, then the fields. */
export function formatJson({ timeMs, level, message, fields }: LogRecord): string {
  const head = { time: timeText(timeMs), level, message };
  const rest = values(fields).map(([key, value]) => [key in head ? `${key}_` : key, value]);
  // Every escape below is also one of JSON, so that the line stays valid and means the same.
  return escapeUnseen(JSON.stringify({ ...head, ...Object.fromEntries(rest) }));
}

/**
 * One record as a person reads it: `TIME level message key=value key="two words"`. The items of a
 * field named `problems` follow on lines of their own, indented.
 */
export function formatText({ timeMs, level, message, fields }: LogRecord): string {
  const { problems, ...others } = fields;
  const isList = Array.isArray(problems);
  const pairs = values(isList ? others : fields).map(
    ([key, value]) => ` ${escapeUnseen(key)}=${textOf(value)}`,
  );
  const head = `${timeText(timeMs)} ${level.padEnd(5)} ${escapeUnseen(message)}${pairs.join('')}`;
  const items = isList ? (problems as readonly unknown[]) : [];
  return [head, ...items.map(problemLine)].join('\n');
}

function problemLine(problem: unknown): string {
  return `  ${escapeUnseen(plainText(logValue(problem) ?? null))}`;
}

function values(fields: Fields): readonly (readonly [string, LogValue])[] {
  return Object.entries(fields)
    .map(([key, value]) => [key, logValue(value)] as const)
    .filter((entry): entry is readonly [string, LogValue] => entry[1] !== undefined);
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function textOf(value: LogValue): string {
  const text = plainText(value);
  return /^[^\s"'=\p{C}]+$/u.test(text) ? text : escapeUnseen(JSON.stringify(text));
}

/** A list of plain things reads best as `a,b`; whatever is nested, as JSON. */
function plainText(value: LogValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isPlain)) return value.join(',');
  return JSON.stringify(value);
}

function isPlain(value: LogValue): boolean {
  return (typeof value === 'string' && !value.includes(',')) || typeof value === 'number';
}
