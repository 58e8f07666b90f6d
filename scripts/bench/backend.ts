import type { Owner } from './owner.js';
import { startChild } from './processes.js';
import type { Tools } from './tools.js';

/** Starts the C backend; `name` is one letter that it answers `?` with. @returns its port. */
export async function startBackend(
  owner: Owner,
  tools: Tools,
  kind: 'echo' | 'sink' | 'name' | 'wide',
  name?: string,
): Promise<number> {
  const backend = startChild(owner, tools.backend, name === undefined ? [kind] : [kind, name]);
  const line = await backend.nextLine();
  return Number(line.replace('port ', ''));
}
