import { mkdir, readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The project, seen from dist/scripts/package. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What `npm run package` leaves behind. */
export const outputDir = join(root, 'dist/package');

/** The program as it is installed where Node.js is. */
export const binDir = join(root, 'dist/bin');

/** Kept between runs: what is downloaded. */
export const cacheDir = join(root, '.cache');

export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly files: readonly string[];
  readonly [other: string]: unknown;
}

export async function readPackageJson(): Promise<PackageJson> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson;
}

/** An empty folder is there afterwards if none was; returns it. */
export async function folder(...parts: readonly string[]): Promise<string> {
  const dir = join(...parts);
  await mkdir(dir, { recursive: true });
  return dir;
}

/** Runs a command in the project; returns what it printed. @throws with its standard error. */
export async function run(
  command: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await execute(command, [...flags], options);
  return stdout;
}
