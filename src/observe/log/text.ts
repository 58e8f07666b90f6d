/** Escapes what a terminal obeys, a reader cannot see, or a line-reader takes for an end of line. */
export function escapeUnseen(text: string): string {
  return text.replace(unseen, (found) => Array.from(codeUnits(found), escaped).join(''));
}

/** Controls, line and paragraph separators, and format characters such as the ones that turn text round. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function* codeUnits(text: string): Generator<number> {
  for (let i = 0; i < text.length; i += 1) yield text.charCodeAt(i);
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
