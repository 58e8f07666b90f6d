import type { LogLevel } from '../../model/config.js';
import type { Fields } from '../../model/events.js';

export interface LogLine {
  readonly level: LogLevel;
  /** Constant: what varies stands in the fields. */
  readonly message: string;
  readonly fields: Fields;
}

/** Durations are measured in fractions of a millisecond; a tenth is what a person can use. */
export function rounded(fields: Fields): Fields {
  const entries = Object.entries(fields).map(([key, value]) =>
    key.endsWith('Ms') && typeof value === 'number'
      ? [key, Math.round(value * 10) / 10]
      : [key, value],
  );
  return Object.fromEntries(entries) as Fields;
}
