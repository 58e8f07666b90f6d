import type { YAMLError } from 'yaml';
import yaml = require('yaml');

import { variableHint, variableIn } from '../model/variables.js';
import { decode, placeIn } from './decode.js';
import type { Explanation, Path } from './problem.js';
import { checkShape } from './shape.js';
import { buildTree, TreeError, type Tree } from './tree.js';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `path` is there where the mistake is about a key. */
export type Mistake = Place & Explanation & { readonly path?: Path };

export type ReadFile = { readonly text: string } & (
  | { readonly ok: true; readonly tree: Tree; readonly placeOf: (offset: number) => Place }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }
);

/** Bytes to values with places. Never throws; bounded in time whatever the bytes. */
export function readFile(bytes: Uint8Array): ReadFile {
  const decoded = decode(bytes);
  const { text } = decoded;
  if (!decoded.ok) return { ok: false, text, mistakes: [decoded] };
  const yamlText = asYaml(text);
  const misshapen = checkShape(yamlText);
  if (misshapen) {
    const mistake = { ...misshapen, ...placeIn(text, misshapen.offset) };
    return { ok: false, text, mistakes: [mistake] };
  }
  return { ...parse(yamlText), text };
}

/** JSON takes tabs for white space, YAML does not: outside of quotes and comments they become spaces. */
function asYaml(text: string): string {
  if (!/^\s*\{/.test(text)) return text;
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"?|#[^\n]*|\t/gs, (part) =>
    part === '\t' ? ' ' : part,
  );
}

function parse(text: string): ReadFile {
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
  if (errors.length > 0)
    return { ok: false, text, mistakes: syntaxMistakes(errors, text, placeOf) };
  try {
    return { ok: true, text, tree: buildTree(document.contents), placeOf };
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const { offset, explanation, path } = error;
    const left = variableOn(lineAt(text, offset));
    return { ok: false, text, mistakes: [{ ...placeOf(offset), ...(left ?? explanation), path }] };
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

function explainSyntax(error: YAMLError): Explanation {
  switch (error.code) {
    case 'MULTIPLE_DOCS':
      return { what: 'a second document begins here', hint: 'write one document a file' };
    case 'NON_STRING_KEY':
      return { what: 'a key is not a plain word', hint: 'write KEY: VALUE' };
    case 'TAG_RESOLVE_FAILED':
      return { what: 'the tag is not known here', hint: 'remove what begins with "!"' };
    default:
      return {
        what: `not YAML: ${oneLine(error.message)}`,
        hint: 'look for a quote, bracket, colon or space that is missing here or above',
      };
  }
}

function oneLine(message: string): string {
  const line = message.replace(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
