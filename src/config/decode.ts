import { isUtf8 } from 'node:buffer';

import { splitIt, type Explanation } from './problem.js';

export const largestFile = 1024 * 1024; // bytes

export type Decoded = { readonly text: string } & (
  | { readonly ok: true }
  | ({ readonly ok: false; readonly line: number; readonly column: number } & Explanation)
);

/** The file's text, if it is UTF-8, of bearable size and not binary. A byte order mark is dropped. */
export function decode(bytes: Uint8Array): Decoded {
  const text = new TextDecoder().decode(bytes.subarray(0, largestFile));
  if (bytes.length > largestFile) {
    // how many more is not known to a reader that stops there
    return refuse(text, 0, `the file has more than ${largestFile} bytes`, splitIt);
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    return refuse(text, nul, 'the file has a NUL byte', 'write a YAML file in UTF-8');
  }
  if (isUtf8(bytes)) return { ok: true, text };
  const replaced = Math.max(0, text.indexOf('\uFFFD'));
  return refuse(text, replaced, 'the file is not UTF-8 text', 'write a YAML file in UTF-8');
}

function refuse(text: string, offset: number, what: string, hint: string): Decoded {
  const { line, column } = placeIn(text, offset);
  return { ok: false, text, line, column, what, hint };
}

/** Line and column of an offset, both counted from 1. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
