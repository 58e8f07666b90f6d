import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from './paths.js';

/** What dpkg knows of installed packages, with the versions of their libraries' symbols: deb-symbols(5). */
const infoDir = '/var/lib/dpkg/info';

/** A library by its soname: the package that has it, and since when a version of its symbols. */
interface Library {
  readonly package: string;
  readonly since: Map<string, string>;
}

/**
 * The field Depends: the packages of all libraries that these binaries are linked with, not older than
 * the versions of symbols that the binaries ask for.
 * @throws Error for a library of no package that is installed here.
 */
export async function debianDepends(binaries: readonly string[]): Promise<string> {
  const libraries = await installedLibraries();
  const least = new Map<string, string>();
  for (const binary of binaries) {
    for (const [soname, symbols] of await neededBy(binary)) {
      const library = libraries.get(soname);
      if (!library) throw new Error(`${binary} needs ${soname}, which no installed package has`);
      const versions = [...symbols].map((symbol) => library.since.get(symbol) ?? '');
      least.set(library.package, latest([least.get(library.package) ?? '', ...versions]));
    }
  }
  const depends = [...least].map(([name, version]) => name + (version && ` (>= ${version})`));
  return depends.sort().join(', ');
}

/** Sonames, each with the versions of symbols that are asked of it. */
async function neededBy(binary: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const text = await run('readelf', ['--wide', '--dynamic', '--version-info', binary], {
    LC_ALL: 'C',
  });
  const needed = new Map<string, Set<string>>();
  for (const [, name = ''] of text.matchAll(/\(NEEDED\).*\[(.+)\]/g)) needed.set(name, new Set());
  let symbols: Set<string> | undefined;
  for (const [, file, version] of text.matchAll(/ File: (\S+)|: {3}Name: (\S+) /g)) {
    if (file !== undefined) symbols = needed.get(file);
    else if (version !== undefined) symbols?.add(version);
  }
  return needed;
}

async function installedLibraries(): Promise<ReadonlyMap<string, Library>> {
  const libraries = new Map<string, Library>();
  const names = (await readdir(infoDir)).filter((name) => name.endsWith('.symbols'));
  for (const name of names) {
    let library: Library | undefined;
    for (const line of (await readFile(join(infoDir, name), 'utf8')).split('\n')) {
      const [, soname, owner] = /^([^\s|*#]\S*) (\S+)/.exec(line) ?? [];
      const [, symbol, version] = /^ (\S+)@\1 (\S+)/.exec(line) ?? [];
      if (soname !== undefined && owner !== undefined) {
        libraries.set(soname, (library = { package: owner, since: new Map() }));
      } else if (symbol !== undefined && version !== undefined) library?.since.set(symbol, version);
    }
  }
  return libraries;
}

/** Of versions that are numbers with dots; '': none. */
function latest(versions: readonly string[]): string {
  const byNumber = new Intl.Collator('en', { numeric: true });
  return versions.toSorted(byNumber.compare).at(-1) ?? '';
}
