import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root, run, readPackageJson } from './paths.js';

/** Of package.json: what the bundle has inside, and what is for its makers. */
const unwanted = { dependencies: undefined, devDependencies: undefined, scripts: undefined };

/**
 * What npm installs: the bundle, and beside it only the binary of koffi that fits the platform. Returns the
 * tarball's path.
 */
export async function packTarball(outputDir: string): Promise<string> {
  const stage = await mkdtemp(join(tmpdir(), 'etcd-gateway-npm-'));
  try {
    const about = await readPackageJson();
    for (const name of [...about.files, 'README.md', 'LICENSE']) {
      await cp(join(root, name), join(stage, name), { recursive: true });
    }
    const manifest = JSON.stringify({ ...about, ...unwanted }, undefined, 2);
    await writeFile(join(stage, 'package.json'), manifest);
    const flags = ['--silent', '--ignore-scripts', `--pack-destination=${outputDir}`];
    return join(outputDir, (await run('npm', ['pack', stage, ...flags])).trim());
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}
