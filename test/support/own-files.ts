import { spawnSync } from 'node:child_process';

import { hasCommand } from './needs.js';

/** Why a command cannot be shown files of its own; undefined: it can. */
export const whyNoOwnFiles =
  hasCommand('unshare') &&
  spawnSync('unshare', ['--mount', 'true'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'this machine allows no mounts of its own (unshare)';

/**
 * The words before a command that has it see these files, by the paths that it knows, in place of the
 * system's. What is written into one of them in place is seen at once.
 */
export function withOwnFiles(files: Readonly<Record<string, string>>): readonly string[] {
  const mounts = Object.values(files).map(
    (_, index) => `mount --bind "$${2 * index + 1}" "$${2 * index + 2}"`,
  );
  const words = Object.entries(files).flatMap(([path, own]) => [own, path]);
  const script = [...mounts, `shift ${words.length}`, 'exec "$@"'].join(' && ');
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', ...words];
}
