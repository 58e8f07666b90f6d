/**
 * `check.js`: everything that can be said about the code without running it.
 * Imported by the test runner, which runs the fast part first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A named command; Node runs its first argument, a path from the root. */
export interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

export const fastChecks: readonly Check[] = [
  { name: 'top level', command: ['dist/scripts/check-top-level.js'] },
  { name: 'layers', command: ['dist/scripts/check-layers.js'] },
  { name: 'code map', command: ['dist/scripts/check-code-map.js'] },
  { name: 'status page', command: ['dist/scripts/build-page.js', '--check'] },
  { name: 'schema, types and reference', command: ['dist/scripts/generate.js', '--check'] },
  {
    name: 'example configuration',
    command: ['dist/src/main.js', 'check', 'gateway.example.yaml'],
  },
];

/** The longest first. Types are none of them: without those there is nothing that could run. */
const slowChecks: readonly Check[] = [
  {
    name: 'lint',
    command: [
      'node_modules/eslint/bin/eslint.js',
      '--config=scripts/eslint.config.mjs',
      '--max-warnings=0',
      '.',
    ],
  },
  { name: 'format', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
];

/** Runs all, even after a failure; returns a sentence for each that failed. */
export async function runChecks(checks: readonly Check[], root: string): Promise<string[]> {
  const failed: string[] = [];
  const waiting = [...checks];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      if (!(await passes(check, root))) failed.push(`the check of ${check.name} failed`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return failed;
}

async function passes({ name, command }: Check, root: string): Promise<boolean> {
  const [script = '', ...flags] = command;
  const child = spawn(process.execPath, [join(root, script), ...flags], { cwd: root });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (code !== 0) console.log(Buffer.concat(output).toString());
  return code === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = await runChecks([...slowChecks, ...fastChecks], process.cwd());
  process.exitCode = failed.length > 0 ? 1 : 0;
}
