import { isBuiltin } from 'node:module';

import { findCycles, type Import } from './imports.js';
import { fences, layers, type Layer } from './rules.js';

/** All breaches of the dependency rule, each `FILE:LINE: EDGE: why`. */
export function findViolations(imports: readonly Import[]): string[] {
  return [...imports.flatMap(breach), ...findCycles(imports).map(describeCycle)];
}

function breach(edge: Import): string[] {
  const why = edge.target === undefined ? packageBreach(edge) : layerBreach(edge, edge.target);
  return why === undefined ? [] : [`${edge.file}:${edge.line}: ${why}`];
}

function layerBreach({ file }: Import, target: string): string | undefined {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === undefined)
    return `${file} is in no layer: add its folder to scripts/layers/rules.ts`;
  if (to === from || to === 'model') return undefined;
  const rule = layers[from];
  if (to !== undefined && rule.may.includes(to)) return undefined;
  return `${from} -> ${to ?? target}: ${rule.otherwise}`;
}

function packageBreach({ file, specifier }: Import): string | undefined {
  if (isBuiltin(specifier)) {
    if (specifier.startsWith('node:')) return undefined;
    return `${specifier}: write node:${specifier}, which no package can take the place of`;
  }
  const name = packageOf(specifier);
  const fence = fences[name];
  if (fence === undefined)
    return `${name}: a new dependency needs a fence in scripts/layers/rules.ts`;
  return fence.only.test(file) ? undefined : `${name}: ${fence.otherwise}`;
}

function describeCycle(cycle: readonly string[]): string {
  return `${cycle[0] ?? ''}:1: ${cycle.join(' -> ')}: a cycle has no order in which to read it`;
}

function layerOf(file: string): Layer | undefined {
  const [top, name = ''] = file.split('/');
  return top === 'src' && name in layers ? (name as Layer) : undefined;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
