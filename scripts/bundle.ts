/**
 * `bundle.js`: the last step of a build makes `dist/bin`, the compiled program as it is installed, and
 * the licences of what is in it.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bundleAsFolder } from './package/bundle.js';
import { licences } from './package/licences.js';
import { binDir } from './package/paths.js';

await rm(binDir, { recursive: true, force: true });
const { packages } = await bundleAsFolder(binDir);
await writeFile(join(binDir, 'LICENCES'), await licences(packages));
