import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** The main file of the program under test: the compiled one, or the one that is installed. */
export const program = resolve(process.env.PROGRAM_UNDER_TEST ?? 'dist/src/main.js');

export interface Outcome {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  /** Beside what this process has. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default 10,000: then it is killed. */
  readonly timeoutMs?: number;
}

/** Runs a command of the built program to its end. */
export async function runProgram(
  args: readonly string[],
  { stdin = '', cwd, env, timeoutMs = 10_000 }: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], {
    ...{ stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL' },
    ...(cwd === undefined ? {} : { cwd }),
    ...(env && { env: { ...process.env, ...env } }),
  });
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
