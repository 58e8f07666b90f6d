import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { Callback, Test } from 'uvu';

/** Where a command that tests use comes from, for those who lack it. */
const packages = JSON.parse(
  readFileSync(new URL('../../../scripts/tools.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

/** Registers a test with its name. */
export type Register<T> = (name: string, body: Callback<T>) => void;

/**
 * `test` for bodies that start these commands. Where one is missing the test is skipped by name,
 * and with `CI=true` it fails: there nothing may be left out.
 */
export function needs<T>(test: Test<T>, ...commands: readonly string[]): Register<T> {
  const missing = commands.filter((command) => !hasCommand(command));
  if (missing.length === 0) return test;
  const reason = missing.map(describe).join(', ');
  if (process.env.CI === 'true')
    return (name) => {
      test(name, () => fail(reason));
    };
  return (name) => skip(test, name, reason);
}

/** `needs` for what is no command: `reason` undefined means that it is there. */
export function needsThat<T>(test: Test<T>, reason: string | undefined): Register<T> {
  if (reason === undefined) return test;
  return (name) => skip(test, name, reason);
}

export function hasCommand(command: string): boolean {
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  return path.split(delimiter).some((dir) => dir !== '' && isExecutable(join(dir, command)));
}

/** The test runner counts these lines: a test skipped without one is a failure. */
function skip<T>(test: Test<T>, name: string, reason: string): void {
  console.log(`skipped: ${name} (${reason})`);
  test.skip(name);
}

function fail(reason: string): never {
  throw new Error(reason);
}

function describe(command: string): string {
  const from = packages[command];
  return `${command} is not installed${from === undefined ? '' : `: apt-get install ${from}`}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
