import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './markdown.js';
import { cacheFolder, projectFolder } from './tools.js';

export const profileFolder = join(cacheFolder, 'profiles');
const rowsShown = 25;

/** As V8 writes it with --cpu-prof; times in µs. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

export async function forgetProfiles(): Promise<void> {
  await rm(profileFolder, { recursive: true, force: true });
}

/** Markdown: where the time of all profiles written since `forgetProfiles` went, idle time left out. */
export async function hottestLines(): Promise<string> {
  const files = existsSync(profileFolder) ? await readdir(profileFolder) : [];
  const self = new Map<string, number>();
  const inclusive = new Map<string, number>();
  for (const file of files) {
    const profile = JSON.parse(await readFile(join(profileFolder, file), 'utf8')) as CpuProfile;
    await addUp(profile, self, inclusive);
  }
  const total = [...self.values()].reduce((sum, us) => sum + us, 0);
  return [
    '## Profile: self time',
    shares(self, total),
    '## Profile: with callees, own code',
    shares(new Map([...inclusive].filter(([place]) => place.includes('src/'))), total),
  ].join('\n\n');
}

async function addUp(
  profile: CpuProfile,
  self: Map<string, number>,
  inclusive: Map<string, number>,
): Promise<void> {
  const places = new Map<number, string>();
  for (const node of profile.nodes) places.set(node.id, await placeOf(node));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((c) => [c, id])),
  );
  profile.samples.forEach((id, i) => {
    const us = profile.timeDeltas[i] ?? 0;
    const place = places.get(id) ?? '';
    if (place === '(idle)' || place === '(root)') return;
    add(self, place, us);
    const seen = new Set<string>(); // recursion counts once
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      seen.add(places.get(at) ?? '');
    }
    for (const each of seen) add(inclusive, each, us);
  });
}

function add(times: Map<string, number>, place: string, us: number): void {
  times.set(place, (times.get(place) ?? 0) + us);
}

function shares(times: ReadonlyMap<string, number>, total: number): string {
  const rows = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, rowsShown)
    .map(([place, us]) => [`${((us / total) * 100).toFixed(1)} %`, place]);
  return markdownTable(['share', 'where'], rows);
}

const maps = new Map<string, SourceMap | undefined>();

async function placeOf({ callFrame }: ProfileNode): Promise<string> {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  if (!url.startsWith('file:')) return `${name} ${url}:${lineNumber + 1}`;
  const file = fileURLToPath(url);
  const entry = (await mapOf(file))?.findEntry(lineNumber, columnNumber);
  const line = entry && 'originalLine' in entry ? entry.originalLine : lineNumber;
  const source = relative(projectFolder, file)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
  return `${name} ${source.startsWith('..') ? basename(file) : source}:${line + 1}`;
}

async function mapOf(file: string): Promise<SourceMap | undefined> {
  if (!maps.has(file)) {
    const map = `${file}.map`;
    const text = existsSync(map) ? await readFile(map, 'utf8') : undefined;
    maps.set(
      file,
      text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload),
    );
  }
  return maps.get(file);
}
