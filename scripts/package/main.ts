/**
 * `package.js [--output DIR]`: makes what people install, in dist/package: the npm tarball, the
 * single executable for x64 Linux, the Debian package with it, checksums, and the list of what is
 * inside (CycloneDX). Wants the program built.
 */
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { buildDeb } from './deb.js';
import { buildExecutable } from './executable.js';
import { folder, outputDir, readPackageJson, run } from './paths.js';
import { writeSbom } from './sbom.js';
import { packTarball } from './tarball.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { output: { type: 'string', default: outputDir } } });
  const dir = await folder(resolve(values.output));
  const about = await readPackageJson();
  const base = `${about.name}-${about.version}`;
  const tarball = await packTarball(dir);
  const executable = await buildExecutable(dir, `${base}-linux-x64`);
  const deb = await buildDeb(dir, about, executable, await lastChange());
  const sbom = join(dir, `${base}.cdx.json`);
  await writeSbom(sbom);
  const files = [tarball, executable.file, deb, sbom];
  await writeFile(join(dir, 'SHA256SUMS'), (await Promise.all(files.map(checksum))).join(''));
  for (const file of files) console.log(`${await mebibytes(file)} MiB  ${file}`);
}

/** When the sources were last changed, in seconds since the epoch; 0: not known. */
async function lastChange(): Promise<number> {
  return Number(process.env.SOURCE_DATE_EPOCH ?? (await commitTime()));
}

/** A tarball of the sources has no history. */
async function commitTime(): Promise<string> {
  return run('git', ['log', '-1', '--format=%ct']).catch(() => '0');
}

async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(file));
  return `${hash.digest('hex')}  ${basename(file)}\n`;
}

async function mebibytes(file: string): Promise<string> {
  return ((await stat(file)).size / 1024 / 1024).toFixed(1).padStart(6);
}

await main();
