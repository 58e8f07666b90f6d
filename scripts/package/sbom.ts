import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { folder, root, run } from './paths.js';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/**
 * Writes what production installs: the packages, their versions, hashes and licences (CycloneDX).
 * Made from a copy of the lock file without what is for development: `npm sbom --omit=dev` also leaves
 * out production packages that something of development uses as well.
 */
export async function writeSbom(file: string): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'etcd-gateway-sbom-'));
  try {
    const dir = await folder(temporary, 'etcd-gateway'); // its name is the product's in the list
    await writeProductionLock(dir);
    const flags = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', `--prefix=${dir}`];
    await writeFile(file, await run('npm', flags));
  } finally {
    await rm(temporary, { recursive: true });
  }
}

async function writeProductionLock(dir: string): Promise<void> {
  const manifest = await readJson<object>('package.json');
  const lock = await readJson<LockFile>('package-lock.json');
  const kept = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  const packages = Object.fromEntries(kept);
  packages[''] = withoutDev(packages[''] ?? {});
  await writeFile(join(dir, 'package.json'), JSON.stringify(withoutDev(manifest)));
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
}

function withoutDev(manifest: object): object {
  return { ...manifest, devDependencies: {} };
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(root, name), 'utf8')) as T;
}
