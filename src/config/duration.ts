import type { Parsed } from '../model/address.js';
import { formatDuration } from '../model/duration.js';
import { quote } from '../model/quote.js';

const nsPerMs = 1e6;

const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5
  μs: 1e3, // U+03BC
  ms: nsPerMs,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const longestText = 64;
const longestMs = 480 * 3600e3; // Node's timers overflow after 24.8 days
const wanted = 'write a duration with a unit, as 500ms, 10s or 1m30s';

/**
 * Milliseconds, with fractions, of a duration in Go's format (time.ParseDuration): numbers with
 * units, `1h30m`, `1.5s`; a bare `0` needs none. Negative ones, and those over 480h, are refused.
 * Never throws.
 */
export function parseDuration(text: string): Parsed<number> {
  if (text.length > longestText) return failure(`${quote(text)} is not a duration`, wanted);
  const bare = text.replace(/^\+/, '');
  if (bare === '0') return { ok: true, value: 0 };
  if (bare === '') return failure('the duration is empty', wanted);
  if (bare.startsWith('-')) return failure(`${quote(text)} is negative`, positiveHint(bare));
  if (/^\d+(\.\d+)?$/.test(bare)) return failure(`${quote(text)} has no unit`, `write ${bare}s`);
  return sum(text, bare);
}

function positiveHint(bare: string): string {
  const positive = parseDuration(bare.slice(1));
  return positive.ok ? `write ${bare.slice(1)}` : wanted;
}

function sum(text: string, bare: string): Parsed<number> {
  let ns = 0;
  let read = 0;
  for (const [part, number = '', unit = ''] of bare.matchAll(/(\d+\.?\d*|\.\d+)(\p{L}+)/gu)) {
    const factor = Object.hasOwn(unitNs, unit) ? unitNs[unit] : undefined;
    if (factor === undefined) return unknownUnit(text, number, unit);
    ns += Math.round(Number(number) * factor);
    read += part.length;
  }
  if (read !== bare.length) return failure(`${quote(text)} is not a duration`, wanted);
  const ms = ns / nsPerMs;
  return ms <= longestMs
    ? { ok: true, value: ms }
    : failure(`${quote(text)} is too long`, `write ${formatDuration(longestMs)} or less`);
}

function unknownUnit(text: string, number: string, unit: string): Parsed<number> {
  if (/^d(ays?)?$/i.test(unit)) {
    return failure(`${quote(text)} is in days`, `write ${Number(number) * 24}h`);
  }
  return failure(
    `${quote(unit)} in ${quote(text)} is not a unit of time`,
    'the units are ns, us, ms, s, m and h',
  );
}

function failure(problem: string, hint: string): Parsed<number> {
  return { ok: false, problem, hint };
}
