import yaml = require('yaml');

import { isSafe } from '../model/quote.js';
import { isPath, resolve, type SchemaNode } from './schema-node.js';
import { schema } from './schema.generated.js';
import { lengthOf, mostTokens } from './shape.js';
import type { Tree } from './tree.js';

/**
 * The text of a file as anybody may see it: the same lines, with everything hidden that is not known to
 * be no secret. Known are the schema's keys, and single values where the schema wants one. Without a
 * tree, as the text is no YAML, values are not known.
 */
export function shownText(text: string, yamlText: string, tree: Tree | undefined): string {
  const known = tree && knownOffsets(tree);
  const shown: string[] = [];
  let next = ''; // the token behind, but for white space
  for (const { token, kind, offset } of tokensOf(yamlText).reverse()) {
    const source = text.slice(offset, offset + token.length);
    const isKnown = known ? known.has(offset) : next === ':' && schemaKeys.has(bare(token));
    const isOneLine = !token.includes('\n');
    const isShown = kind === 'mark' || (kind === 'scalar' && isKnown && isOneLine);
    shown.push(isShown ? source : hide(source));
    if (token.trim() !== '') next = token;
  }
  return shown.reverse().join('');
}

interface Token {
  readonly token: string;
  readonly kind: 'mark' | 'scalar' | 'other';
  readonly offset: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let isPlain = false;
  for (const token of new yaml.Lexer().lex(text)) {
    if (tokens.length > mostTokens) break;
    if (lengthOf(token) > 0) {
      tokens.push({ token, kind: isPlain ? 'scalar' : kindOf(token), offset });
      offset += token.length;
    }
    isPlain = token === yaml.CST.SCALAR;
  }
  return tokens;
}

/** Of a token that is no plain or block text: comments, anchors, aliases and tags may say anything. */
function kindOf(token: string): Token['kind'] {
  if (/^["']/.test(token)) return 'scalar';
  return /^(\s+|[-?:,[\]{}]|---|\.\.\.)$/.test(token) ? 'mark' : 'other';
}

function hide(source: string): string {
  return source.replace(/\S(?:.*\S)?/g, '(hidden)');
}

function bare(token: string): string {
  return token.replace(/^(["'])(.*)\1$/s, '$2');
}

const schemaKeys: ReadonlySet<string> = new Set(keysOf(schema));

function keysOf(node: SchemaNode): readonly string[] {
  const { $defs = {}, properties = {}, items, additionalProperties } = node;
  const below = [
    ...Object.values($defs),
    ...Object.values(properties),
    items,
    additionalProperties,
  ];
  return [
    ...Object.keys(properties),
    ...below.flatMap((each) => (each === undefined || each === false ? [] : keysOf(each))),
  ];
}

/** Where keys and values begin that may be seen. */
function knownOffsets(root: Tree): ReadonlySet<number> {
  const known = new Set<number>();
  const seen = new Set<Tree>(); // what aliases share is in it once
  const walk = (tree: Tree, node: SchemaNode | undefined): void => {
    if (node === undefined || seen.has(tree)) return;
    seen.add(tree);
    if (isKnownValue(tree.value, node)) known.add(tree.offset);
    for (const [step, child] of tree.children) {
      if (typeof step === 'string' && isSafe(step)) known.add(child.keyOffset);
      walk(child.tree, below(node, step));
    }
  };
  walk(root, schema);
  return known;
}

/** What the schema says of a key's value or a list's item. */
export function below(node: SchemaNode, step: string | number): SchemaNode | undefined {
  const { items, properties = {}, additionalProperties } = node;
  const named = Object.hasOwn(properties, step) ? properties[step] : additionalProperties;
  const next = typeof step === 'number' ? items : named;
  return next ? resolve(schema, next) : undefined;
}

/**
 * Whether anybody may see a value. What stands in place of a file's path may be what the file should have
 * in it.
 */
export function isKnownValue(value: unknown, node: SchemaNode): boolean {
  const { type } = node;
  if (type === 'object' || type === 'array' || typeof value === 'object') return false;
  if (isPath(node)) return typeof value === 'string' && isSafe(value) && /^\.{0,2}\//.test(value);
  return typeof value !== 'string' || isSafe(value);
}
