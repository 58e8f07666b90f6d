import type { YAMLError } from 'yaml';
import yaml = require('yaml');

import { variableHint, variableIn } from '../model/variables.js';
import { decode, placeIn } from './decode.js';
import type { Explanation, Path } from './problem.js';
import { checkShape } from './shape.js';
import { shownText } from './shown-text.js';
import { buildTree, TreeError, type Tree } from './tree.js';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `path` is there where the mistake is about a key. */
export type Mistake = Place & Explanation & { readonly path?: Path };

export type ReadFile = Read & {
  /** What anybody may see of the file; see `shownText`. */
  readonly shownText: () => string;
};

type Read =
  | { readonly ok: true; readonly tree: Tree; readonly placeOf: (offset: number) => Place }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Bytes to values with places. Never throws; bounded in time whatever the bytes. */
export function readFile(bytes: Uint8Array): ReadFile {
  const decoded = decode(bytes);
  const yamlText = asYaml(decoded.text);
  const read = decoded.ok ? readText(yamlText) : { ok: false as const, mistakes: [decoded] };
  return {
    ...read,
    shownText: () => shownText(decoded.text, yamlText, read.ok ? read.tree : undefined),
  };
}

function readText(text: string): Read {
  const misshapen = checkShape(text);
  if (!misshapen) return parse(text);
  return { ok: false, mistakes: [{ ...misshapen, ...placeIn(text, misshapen.offset) }] };
}

/** JSON takes tabs for white space, YAML does not: outside of quotes and comments they become spaces. */
function asYaml(text: string): string {
  if (!/^\s*\{/.test(text)) return text;
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"?|#[^\n]*|\t/gs, (part) =>
    part === '\t' ? ' ' : part,
  );
}

function parse(text: string): Read {
  const lines = new yaml.LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false, // its check is quadratic; the tree has its own
    merge: false,
    logLevel: 'error', // 'silent' would hide a second document
  });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return { ok: false, mistakes: syntaxMistakes(errors, text, placeOf) };
  try {
    return { ok: true, tree: buildTree(document.contents), placeOf };
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const { offset, explanation, path } = error;
    const left = variableOn(lineAt(text, offset));
    return { ok: false, mistakes: [{ ...placeOf(offset), ...(left ?? explanation), path }] };
  }
}

/** One mistake often brings forth several errors: one a line is enough. */
function syntaxMistakes(
  errors: readonly YAMLError[],
  text: string,
  placeOf: (offset: number) => Place,
): Mistake[] {
  const byLine = new Map<number, Mistake>();
  for (const error of errors) {
    const place = placeOf(error.pos[0]);
    if (byLine.has(place.line)) continue;
    const explanation = variableOn(lineAt(text, error.pos[0])) ?? explainSyntax(error);
    byLine.set(place.line, { ...place, ...explanation });
  }
  return [...byLine.values()];
}

/** What templates leave behind has brackets that YAML takes for its own. */
function variableOn(line: string): Explanation | undefined {
  if (!variableIn(line.replace(/(^|\s)#.*/, ''))) return undefined;
  return { what: 'a variable stands here', hint: variableHint };
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end === -1 ? undefined : end);
}

/** In words of our own: the parser's may quote the text, and that may be a secret. */
function explainSyntax({ code }: YAMLError): Explanation {
  const [what, hint] = syntax[code] ?? ['something is missing or too much', lookAround];
  return { what: `not YAML: ${what}`, hint };
}

const lookAround = 'look for a quote, bracket, colon or space that is missing here or above';
const inQuotes = 'put it in quotes';

const syntax: Readonly<Partial<Record<YAMLError['code'], readonly [what: string, hint: string]>>> =
  {
    BAD_DIRECTIVE: ['a line that begins with "%" is no key', inQuotes],
    BAD_DQ_ESCAPE: ['a backslash in double quotes begins no known escape', 'use single quotes'],
    BAD_INDENT: ['the indentation does not fit, or a bracket is not closed', lookAround],
    BAD_SCALAR_START: ['a text without quotes cannot begin with this character', inQuotes],
    BLOCK_AS_IMPLICIT_KEY: ['a key has a second ": " behind it', 'put the value in quotes'],
    BLOCK_IN_FLOW: ['lines with "- " or KEY: inside of brackets', 'write [a, b] or { KEY: VALUE }'],
    KEY_OVER_1024_CHARS: ['a key has more than 1024 characters', lookAround],
    MISSING_CHAR: ['a quote, bracket, comma, colon or space is missing', lookAround],
    MULTILINE_IMPLICIT_KEY: ['a key has more than one line', lookAround],
    MULTIPLE_DOCS: ['a second document begins here', 'write one document a file'],
    NON_STRING_KEY: ['a key is not a plain word', 'write KEY: VALUE'],
    TAG_RESOLVE_FAILED: ['the tag is not known here', 'remove what begins with "!"'],
    UNEXPECTED_TOKEN: ['there is something that belongs elsewhere', lookAround],
  };
