/** `bundle.js`: the last step of a build makes `dist/bin`, the compiled program as it is installed. */
import { rm } from 'node:fs/promises';

import { bundleAsFolder } from './package/bundle.js';
import { binDir } from './package/paths.js';

await rm(binDir, { recursive: true, force: true });
await bundleAsFolder(binDir);
