/** Fails on an entry of the project's root that git tracks and that does not belong there. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const wanted: ReadonlySet<string> = new Set([
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'config',
  'docs',
  'gateway.example.yaml',
  'package-lock.json',
  'package.json',
  'schemas',
  'scripts',
  'src',
  'test',
  'tsconfig.json',
]);

/**
 * The entries that do not belong there. What lies there untracked is its owner's business, such as a
 * configuration to try. Undefined: this is no clone, or git is missing.
 */
export function misplaced(root: string): readonly string[] | undefined {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const { status, stdout } = spawnSync('git', ['ls-files', '-z'], options);
  if (status !== 0) return undefined;
  const entries = new Set(stdout.split('\0').map((file) => file.split('/')[0] ?? ''));
  return [...entries].filter((entry) => !/^(\.|$)/.test(entry) && !wanted.has(entry));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const extra = misplaced(process.cwd());
  if (!extra) console.log('top level: not checked, because git does not tell what it tracks');
  for (const entry of extra ?? []) {
    console.error(`${entry}: does not belong to the top level (move it into one of its folders)`);
  }
  process.exitCode = extra?.length ? 1 : 0;
}
