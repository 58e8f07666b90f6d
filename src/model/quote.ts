const longest = 80;

/**
 * Text of unknown origin, fit for a message: in quotes, on one line, without control, line-ending or
 * direction-changing characters, at most some 80 characters long, and without what may be a password:
 * what stands before an "@", and what has several lines or is a PEM file.
 */
export function quote(text: string): string {
  const open = /[\r\n]|-----BEGIN/.test(text) ? '…' : withoutUser(text);
  const shown = open.length > longest ? `${open.slice(0, longest)}…` : open;
  return JSON.stringify(shown).replace(/[\p{C}\u2028\u2029]/gu, escapeCharacter);
}

/** Whether a text has nothing that `quote` would leave out as a possible password. */
export function isSafe(text: string): boolean {
  return !/[\r\n@]|-----BEGIN/.test(text);
}

/** A URL, or what may be one, less user and password. */
export function withoutUser(text: string): string {
  if (!text.includes('@')) return text;
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  return `${scheme}…@${text.slice(text.lastIndexOf('@') + 1)}`;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
