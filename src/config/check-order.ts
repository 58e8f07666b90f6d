import { formatDuration } from '../model/duration.js';
import { parseDuration } from './duration.js';
import type { Finding, Path } from './problem.js';
import type { RawRecord } from './raw.js';

/** The duration `lower` must not be longer than `upper`; the one that was written is blamed. */
export function checkOrder(
  base: Path,
  written: RawRecord,
  effective: RawRecord,
  lower: string,
  upper: string,
): readonly Finding[] {
  const low = parseDuration(String(effective[lower]));
  const high = parseDuration(String(effective[upper]));
  if (!low.ok || !high.ok || low.value <= high.value) return [];
  const lowIsWritten = written[lower] !== undefined;
  const key = lowIsWritten ? lower : upper;
  const [lowText, highText] = [formatDuration(low.value), formatDuration(high.value)];
  const explain = lowIsWritten
    ? () => ({ what: `${lowText} is above ${upper}`, hint: `write ${highText} or less` })
    : () => ({ what: `${highText} is below ${lower}`, hint: `write ${lowText} or more` });
  return [{ path: [...base, key], at: 'value', explain }];
}
