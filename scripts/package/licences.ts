import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { root } from './paths.js';
import type { Runtime } from './runtime.js';

/** The licence of the program, of each package whose code is bundled, and of the runtime, if any. */
export async function licences(packages: readonly string[], runtime?: Runtime): Promise<string> {
  const own = await readFile(join(root, 'LICENSE'), 'utf8');
  const bundled = await Promise.all(packages.map(packageLicence));
  const node = runtime ? [await runtimeLicence(runtime)] : [];
  return [section('etcd-gateway', own), ...bundled, ...node].join('\n');
}

async function runtimeLicence({ version, licenceFile }: Runtime): Promise<string> {
  return section(`Node.js ${version}`, await readFile(licenceFile, 'utf8'));
}

/** @throws for a package without one: it must not be shipped unseen. */
async function packageLicence(path: string): Promise<string> {
  const dir = resolve(root, path);
  const { name, version, license } = JSON.parse(
    await readFile(join(dir, 'package.json'), 'utf8'),
  ) as { readonly name: string; readonly version: string; readonly license?: string };
  const file = (await readdir(dir)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? license : await readFile(join(dir, file), 'utf8');
  if (text === undefined) throw new Error(`${name} says nothing about its licence`);
  return section(`${name} ${version}`, text);
}

function section(title: string, text: string): string {
  return `${'='.repeat(80)}\n${title}\n${'='.repeat(80)}\n\n${text.trim()}\n`;
}
