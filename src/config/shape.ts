import yaml = require('yaml');

import { splitIt, type Explanation } from './problem.js';

const deepest = 32; // the schema needs 6
export const mostTokens = 500_000; // 10,000 endpoints as objects, with all their keys, have 460,000

export interface Misshapen extends Explanation {
  readonly offset: number;
}

/**
 * Refuses texts that would exhaust the YAML parser, which recurses with each level of nesting, and
 * tabs outside of texts and comments, of which YAML takes some and not others: a cheap pass over the
 * tokens, over before anything is built. Undefined: the shape is bearable.
 */
export function checkShape(text: string): Misshapen | undefined {
  const nesting = new Nesting();
  let offset = 0;
  let tokens = 0;
  for (const token of new yaml.Lexer().lex(text)) {
    if (token.includes('\t') && token.trim() === '') {
      return { offset, what: 'a tab is no white space here', hint: 'write spaces' };
    }
    const strange = strangeSpace(token);
    if (strange) return { ...strange, offset: offset + strange.offset };
    nesting.take(token);
    if (nesting.depth > deepest) {
      return { offset, what: `the nesting is deeper than ${deepest} levels`, hint: '' };
    }
    if (++tokens > mostTokens) {
      return { offset, what: `the file has more than ${mostTokens} YAML tokens`, hint: splitIt };
    }
    offset += lengthOf(token);
  }
  return undefined;
}

/** A space that only looks like one, where YAML wants one: at the edges of a line, of a key or of a value. */
function strangeSpace(token: string): Misshapen | undefined {
  if (/^["'#]/.test(token)) return undefined;
  const match = notASpace.exec(token);
  if (!match) return undefined;
  const [{ length }] = match;
  const offset = match.index + length - 1;
  const code = token.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
  const name = spaceNames[code] === undefined ? `U+${code}` : `${spaceNames[code]} (U+${code})`;
  return { offset, what: `the character ${name} is no white space here`, hint: 'write spaces' };
}

const notASpace =
  /(?:^|[\s:,?#[\]{}-])(?![ \r\n\t])[\s\u0085\u200B\u2060]|(?![ \r\n\t])[\s\u0085\u200B\u2060](?=$|[\s:#])/mu;

const spaceNames: Readonly<Record<string, string>> = {
  '00A0': 'no-break space',
  '200B': 'zero-width space',
  '202F': 'narrow no-break space',
  '3000': 'ideographic space',
  FEFF: 'byte order mark',
};

/** Markers of the lexer that stand for no text (see `Lexer` in yaml). */
export function lengthOf(token: string): number {
  return token === '\x02' || token === '\x18' || token === '\x1f' ? 0 : token.length;
}

/**
 * Upper bound of the depth at a token. A block collection is known by the column it begins in: an
 * indicator, or a line's first token, ends all those that begin further right.
 */
class Nesting {
  readonly #columns: number[] = [];
  #flow = 0;
  #column = 0;
  #lineStart = true;

  get depth(): number {
    return this.#columns.length + this.#flow;
  }

  take(token: string): void {
    if (token === '[' || token === '{') this.#flow++;
    else if (token === ']' || token === '}') this.#flow = Math.max(0, this.#flow - 1);
    this.#takeColumn(token);
    this.#advance(token);
  }

  #takeColumn(token: string): void {
    if (this.#flow > 0 || lengthOf(token) === 0 || token.trim() === '') return;
    const indicator = token === '-' || token === '?' || token === ':';
    if (!indicator && !this.#lineStart) return;
    while ((this.#columns.at(-1) ?? -1) >= this.#column) this.#columns.pop();
    this.#columns.push(this.#column);
    this.#lineStart = false;
  }

  #advance(token: string): void {
    const newline = token.lastIndexOf('\n');
    if (newline === -1) {
      this.#column += lengthOf(token);
      return;
    }
    this.#column = token.length - newline - 1;
    this.#lineStart = true;
  }
}
