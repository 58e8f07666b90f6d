import type { Node, Pair, YAMLMap } from 'yaml';
import yaml = require('yaml');

import type { Explanation, Path } from './problem.js';

/** A value of the file and where it stands. */
export interface Tree {
  readonly value: unknown;
  /** Index into the text. */
  readonly offset: number;
  readonly children: ReadonlyMap<string | number, { readonly keyOffset: number; tree: Tree }>;
}

/** Thrown by `buildTree`: a mistake of the file. */
export class TreeError extends Error {
  constructor(
    readonly offset: number,
    readonly explanation: Explanation,
    /** What it is about, where that is a key. */
    readonly path: Path = [],
  ) {
    super(explanation.what);
  }
}

const mostValues = 150_000; // only aliases lead there: the bound on tokens comes first
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Plain values with their places. Aliases are followed, within bounds.
 * @throws TreeError on duplicate or forbidden keys, on aliases that are unknown, explode or loop.
 */
export function buildTree(root: Node | null): Tree {
  return new Builder().build(root, 0);
}

/** The offset of what `path` leads to, or of its nearest ancestor that is in the file. */
export function locate(tree: Tree, path: Path, at: 'key' | 'value'): number {
  let here = tree;
  let offset = tree.offset;
  for (const step of path) {
    const child = here.children.get(step);
    if (child === undefined) return offset;
    here = child.tree;
    offset = at === 'key' ? child.keyOffset : here.offset;
  }
  return offset;
}

class Builder {
  readonly #anchors = new Map<string, Tree | undefined>(); // undefined: not finished
  readonly #path: (string | number)[] = [];
  #values = 0;

  build(node: Node | null, parentOffset: number): Tree {
    const offset = node?.range?.[0] ?? parentOffset;
    this.#count(1, offset);
    if (yaml.isAlias(node)) return this.#follow(node.source, offset);
    const anchor =
      yaml.isMap(node) || yaml.isSeq(node) || yaml.isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const tree = this.#buildPlain(node, offset);
    if (anchor !== undefined) this.#anchors.set(anchor, tree);
    return tree;
  }

  #buildPlain(node: Node | null, offset: number): Tree {
    if (yaml.isMap(node)) return this.#buildMap(node, offset);
    if (yaml.isSeq(node)) return this.#buildList(node.items as readonly Node[], offset);
    return { value: yaml.isScalar(node) ? node.value : null, offset, children: new Map() };
  }

  #buildList(items: readonly Node[], offset: number): Tree {
    const trees = items.map((item, at) => this.#buildBelow(at, item, offset));
    const children = new Map(trees.map((tree, at) => [at, { keyOffset: tree.offset, tree }]));
    return { value: trees.map((tree) => tree.value), offset, children };
  }

  #buildMap(map: YAMLMap, offset: number): Tree {
    const children = new Map<string, { keyOffset: number; tree: Tree }>();
    for (const pair of map.items as readonly Pair<Node, Node | null>[]) {
      const keyOffset = pair.key.range?.[0] ?? offset;
      const key = this.#keyOf(pair.key, keyOffset);
      if (children.has(key)) {
        const explanation = { what: 'the key stands here a second time', hint: 'write it once' };
        throw new TreeError(keyOffset, explanation, [...this.#path, key]);
      }
      children.set(key, { keyOffset, tree: this.#buildBelow(key, pair.value, keyOffset) });
    }
    const value = Object.fromEntries([...children].map(([key, { tree }]) => [key, tree.value]));
    return { value, offset, children };
  }

  #buildBelow(step: string | number, node: Node | null, parentOffset: number): Tree {
    this.#path.push(step);
    const tree = this.build(node, parentOffset);
    this.#path.pop();
    return tree;
  }

  #keyOf(key: Node, offset: number): string {
    const value: unknown = yaml.isScalar(key) ? key.value : undefined;
    if (typeof value !== 'string') {
      const explanation = { what: 'a key is not a plain word', hint: 'write KEY: VALUE' };
      throw new TreeError(offset, explanation, this.#path);
    }
    if (!forbiddenKeys.has(value)) return value;
    const explanation = { what: 'this cannot be a key', hint: 'remove it' };
    throw new TreeError(offset, explanation, [...this.#path, value]);
  }

  #follow(name: string, offset: number): Tree {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      throw new TreeError(offset, {
        what: this.#anchors.has(name)
          ? 'the alias is inside of what it stands for'
          : 'a text that begins with "*" is an alias, and this one has no anchor before it',
        hint: /^:\d+$/.test(name)
          ? `write "${name}" for all interfaces`
          : 'write the value itself, in quotes if it begins with "*"',
      });
    }
    this.#count(size(target), offset);
    return target;
  }

  #count(values: number, offset: number): void {
    this.#values += values;
    if (this.#values <= mostValues) return;
    throw new TreeError(offset, {
      what: `the file has more than ${mostValues} values, with aliases followed`,
      hint: 'write fewer aliases',
    });
  }
}

/** Sizes of shared trees are computed once: nested aliases would multiply the work. */
const sizes = new WeakMap<Tree, number>();

function size(tree: Tree): number {
  const known = sizes.get(tree);
  if (known !== undefined) return known;
  let total = 1;
  for (const child of tree.children.values()) total += size(child.tree);
  sizes.set(tree, total);
  return total;
}
