import { errorMessage } from '../../model/errors.js';

/** A value that JSON can say, of bounded size. */
export type LogValue =
  string | number | boolean | null | readonly LogValue[] | { readonly [key: string]: LogValue };

/** Bounds for what one field may add to a line: its names may come from a zone of thousands. */
const longestText = 4_096;
const mostItems = 20;
const mostKeys = 100;
const deepest = 4;

/**
 * Whatever an event carries, as plain data: errors as their messages, long text and long lists cut
 * with a word on how much is missing. Undefined stays: the field is left out. Never throws.
 */
export function logValue(value: unknown, depth = 0): LogValue | undefined {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    return undefined;
  }
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return cut(errorChain(value));
  if (depth === deepest) return '…';
  return Array.isArray(value) ? list(value, depth) : record(Object.entries(value), depth);
}

function list(items: readonly unknown[], depth: number): readonly LogValue[] {
  const kept = items.slice(0, mostItems).map((item) => logValue(item, depth + 1) ?? null);
  const missing = items.length - kept.length;
  return missing > 0 ? [...kept, `… and ${grouped(missing)} more`] : kept;
}

/** As `toLocaleString` has it, which takes a tenth of a second when it is called first. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function record(entries: readonly [string, unknown][], depth: number): LogValue {
  const values = entries
    .slice(0, mostKeys)
    .map(([key, value]) => [key, logValue(value, depth + 1)] as const)
    .filter((entry): entry is readonly [string, LogValue] => entry[1] !== undefined);
  return Object.fromEntries(values);
}

function cut(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText)}… ${text.length - longestText} more characters`;
}

/** An error and what caused it, the outermost first. */
function errorChain(error: Error): string {
  const messages = [error.message];
  for (let cause = error.cause; cause !== undefined && messages.length < deepest;) {
    messages.push(errorMessage(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages.join(': ');
}
