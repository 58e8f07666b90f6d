import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { folder, root, run } from './paths.js';

interface Package {
  readonly dev?: boolean;
}

interface LockFile {
  readonly packages: Readonly<Record<string, Package>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Its script is in the status page, and so in the program. */
const inlined = 'uplot';

/**
 * Writes what is shipped: the packages, their versions, hashes and licences (CycloneDX).
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
  const manifest = await readJson<Manifest>('package.json');
  const lock = await readJson<LockFile>('package-lock.json');
  const isKept = ([path, { dev }]: [string, Package]): boolean =>
    dev !== true || path === `node_modules/${inlined}`;
  const packages = Object.fromEntries(Object.entries(lock.packages).filter(isKept));
  packages[''] = shipped(manifest);
  await writeFile(join(dir, 'package.json'), JSON.stringify(shipped(manifest)));
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
}

function shipped({ dependencies, devDependencies, ...manifest }: Manifest): object {
  const version = devDependencies[inlined];
  return { ...manifest, dependencies: { ...dependencies, [inlined]: version } };
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(root, name), 'utf8')) as T;
}
