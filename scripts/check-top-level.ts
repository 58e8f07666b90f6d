/** Fails on an entry of the project's root that does not belong there. */
import { readdirSync, readFileSync } from 'node:fs';

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

/** What `.gitignore` names is made by commands, and nobody's business. */
function ignored(): ReadonlySet<string> {
  const lines = readFileSync('.gitignore', 'utf8').split('\n');
  return new Set(lines.map((line) => line.replace(/\/$/, '')));
}

function misplaced(): string[] {
  const skip = ignored();
  return readdirSync('.').filter(
    (entry) => !entry.startsWith('.') && !wanted.has(entry) && !skip.has(entry),
  );
}

const extra = misplaced();
for (const entry of extra) {
  console.error(`${entry}: does not belong to the top level (move it into one of its folders)`);
}
process.exitCode = extra.length > 0 ? 1 : 0;
