import { formatPath, type Path } from '../config/problem.js';
import { isRecord } from '../config/raw.js';
import { readFile } from '../config/read.js';
import type { SchemaNode } from '../config/schema-node.js';
import { schema } from '../config/schema.generated.js';
import { below, isKnownValue } from '../config/shown-text.js';
import type { Tree } from '../config/tree.js';
import { viewConfig } from '../model/config-view.js';
import type { Config } from '../model/config.js';
import { align, mostEndpoints, type Row } from './describe-config.js';

/**
 * Every key that a valid file sets, in its order, with its value as `config` has it; what may be a secret
 * is hidden. Of a long list the first items.
 */
export function describeKeys(bytes: Uint8Array, config: Config): readonly string[] {
  const read = readFile(bytes);
  return read.ok ? align(rowsOf(read.tree, schema, [], viewConfig(config)), '  ') : [];
}

/** `view`: what the configuration says there; of another shape where the file may say it in several ways. */
function rowsOf(tree: Tree, node: SchemaNode | undefined, path: Path, view: unknown): Row[] {
  const children = [...tree.children];
  const isList = Array.isArray(tree.value);
  if (children.length === 0 || (isList && children.every(([, { tree: item }]) => isLeaf(item)))) {
    return [[formatPath(path), leafText(tree, node, view)]];
  }
  const shown = isList ? children.slice(0, mostEndpoints) : children;
  const rows = shown.flatMap(([step, child]) =>
    rowsOf(child.tree, node && below(node, step), [...path, step], at(view, step)),
  );
  const more = children.length - shown.length;
  return more > 0 ? [...rows, [formatPath(path), `and ${more} more`]] : rows;
}

function isLeaf({ children }: Tree): boolean {
  return children.size === 0;
}

function leafText(tree: Tree, node: SchemaNode | undefined, view: unknown): string {
  if (!Array.isArray(tree.value)) return scalarText(tree.value, node, view);
  const items = [...tree.children.values()].map(({ tree: item }, index) =>
    scalarText(item.value, node && below(node, index), at(view, index)),
  );
  const more = items.length - mostEndpoints;
  if (items.length === 0) return '[]';
  return [...items.slice(0, mostEndpoints), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

function scalarText(value: unknown, node: SchemaNode | undefined, view: unknown): string {
  if (isRecord(value)) return '{}';
  if (!node || !isKnownValue(value, node)) return '(hidden)';
  const shown = typeof view === 'object' || view === undefined ? value : view;
  return shown === '' ? '""' : String(shown);
}

function at(view: unknown, step: string | number): unknown {
  if (Array.isArray(view) && typeof step === 'number') return view[step] as unknown;
  return isRecord(view) ? view[step] : undefined;
}
