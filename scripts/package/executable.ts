import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bundleAsFile } from './bundle.js';
import { licences } from './licences.js';
import { cacheDir, folder, run } from './paths.js';
import { koffiAsset } from '../../src/kernel/libc/libc.js';
import { koffiBinary, koffiPackages } from './koffi.js';
import { fetchRuntime } from './runtime.js';

export interface Executable {
  readonly file: string;
  /** What the system has to load: itself, and what it carries. */
  readonly binaries: readonly string[];
  readonly licenceText: string;
}

/**
 * The program as one file that needs no Node.js: the runtime with the bundle inside, as
 * https://nodejs.org/api/single-executable-applications.html describes.
 */
export async function buildExecutable(outputDir: string, name: string): Promise<Executable> {
  const runtime = await fetchRuntime();
  const work = await folder(cacheDir, `executable.${process.pid}`);
  try {
    const main = join(work, 'main.mjs');
    const { packages } = await bundleAsFile(main);
    const output = join(outputDir, name);
    const settings = {
      ...{ main, mainFormat: 'module', executable: runtime.executable, output },
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      assets: { [koffiAsset]: await koffiBinary() },
      execArgvExtension: 'none', // NODE_OPTIONS is for Node, which nobody knows to be in here
    };
    const config = join(work, 'sea.json');
    await writeFile(config, JSON.stringify(settings));
    await run(runtime.executable, ['--build-sea', config]);
    await chmod(output, 0o755);
    const licenceText = await licences([...packages, ...koffiPackages], runtime);
    return { file: output, binaries: [output, await koffiBinary()], licenceText };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
