import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from './paths.js';

/** The package of koffi for the platform that is packed for. */
export const koffiPackages = ['node_modules/@koromix/koffi-linux-x64'];

/** The binary of koffi for the runtime that is shipped: Linux, x86-64, glibc. */
export async function koffiBinary(): Promise<string> {
  const file = join(root, 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node');
  await access(file);
  return file;
}
