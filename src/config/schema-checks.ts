import { parseDuration } from './duration.js';
import { formats, type FormatName } from './formats.js';

/** What validator.generated.ts calls for the schema's own formats and keywords. */
export const formatChecks = Object.fromEntries(
  Object.entries(formats).map(([name, parse]) => [name, (text: string) => parse(text).ok]),
) as Readonly<Record<FormatName, (text: string) => boolean>>;

/** What is no duration at all is for the format to tell. */
export const durationBounds = {
  minDuration: (text: string, boundMs: number) => (parsedMs(text) ?? boundMs) >= boundMs,
  maxDuration: (text: string, boundMs: number) => (parsedMs(text) ?? boundMs) <= boundMs,
} as const;

function parsedMs(text: string): number | undefined {
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.value : undefined;
}
