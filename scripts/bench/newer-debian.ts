import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { projectFolder } from './tools.js';

const run = promisify(execFile);

/** Peers whose version on this machine's Debian is old: package, and where its program lies in it. */
const peers = { 'etcd-server': 'usr/bin/etcd', haproxy: 'usr/sbin/haproxy' } as const;

const sourcesFolder = '/etc/apt/sources.list.d';
const libraries = 'usr/lib/x86_64-linux-gnu';

/**
 * Peers of another suite of Debian (`trixie`, `sid`), from the mirror that this machine uses, beside the ones that
 * are installed and with libraries of their own. Returns the folder of the programs, for the path. They stay in
 * `.cache` until somebody removes them.
 * @throws Error where this is no Debian, or apt does not get them.
 */
export async function newerPeers(suite: string): Promise<string> {
  const folder = join(projectFolder, '.cache', `debian-${suite}`);
  if (!existsSync(folder)) {
    const work = `${folder}.${process.pid}`;
    try {
      await unpack(await download(suite, work), join(work, 'root'));
      await writePrograms(join(work, 'bin'), join(folder, 'root'));
      await rename(work, folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return join(folder, 'bin');
}

/** All that the peers depend on comes along, as on a machine where nothing is installed. */
async function download(suite: string, work: string): Promise<string> {
  const [sources, status, archives] = ['suite.sources', 'status', 'archives'].map((name) =>
    join(work, name),
  ) as [string, string, string];
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await writeFile(sources, await sourcesOf(suite));
  await writeFile(status, '');
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache::archives': archives,
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'APT::Sandbox::User': '',
  };
  const flags = Object.entries(settings).map(([name, value]) => `--option=${name}=${value}`);
  const install = ['--yes', '--no-install-recommends', '--download-only', 'install'];
  await run('apt-get', [...flags, '-qq', 'update']);
  await run('apt-get', [...flags, '-qq', ...install, ...Object.keys(peers)]);
  await rm(join(work, 'lists'), { recursive: true });
  return archives;
}

/** The stanza of this machine's mirror, with another suite: sources.list(5). */
async function sourcesOf(suite: string): Promise<string> {
  const files = (await readdir(sourcesFolder)).filter((name) => name.endsWith('.sources'));
  const texts = await Promise.all(files.map((name) => readFile(join(sourcesFolder, name), 'utf8')));
  const stanzas = texts.flatMap((text) => text.split(/\n\s*\n/));
  const debian = stanzas.find((text) => /^Signed-By: .*debian-archive-keyring/m.test(text));
  if (debian === undefined) throw new Error(`no .sources file of Debian in ${sourcesFolder}`);
  return `${debian.replace(/^Suites: .*$/m, `Suites: ${suite}`)}\n`;
}

async function unpack(archives: string, root: string): Promise<void> {
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  for (const file of files) await run('dpkg-deb', ['--extract', join(archives, file), root]);
  await rm(archives, { recursive: true });
}

/** A newer libc wants its own loader: ld.so(8). */
async function writePrograms(bin: string, root: string): Promise<void> {
  await mkdir(bin);
  for (const path of Object.values(peers)) {
    const own = join(root, libraries);
    const loader = `'${own}/ld-linux-x86-64.so.2' --library-path '${own}' --argv0 "$0"`;
    const script = `#!/bin/sh\nexec ${loader} '${join(root, path)}' "$@"\n`;
    await writeFile(join(bin, path.replace(/.*\//, '')), script, { mode: 0o755 });
  }
}
