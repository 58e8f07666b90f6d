const longest = 80;

/**
 * Text of unknown origin, fit for a message: in quotes, on one line, without control, line-ending or
 * direction-changing characters, at most some 80 characters long.
 */
export function quote(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(shown).replace(/[\p{C}\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
