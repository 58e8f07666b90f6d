import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An input that is kept, because it found something once or is known to be nasty. */
export interface CorpusEntry {
  readonly file: string;
  readonly bytes: Buffer;
}

function folderOf(area: string): string {
  return join('test', 'corpus', area);
}

export async function readCorpus(area: string): Promise<readonly CorpusEntry[]> {
  const folder = folderOf(area);
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (file) => ({ file, bytes: await readFile(join(folder, file)) })),
  );
}

/** Keeps a finding under the hash of its bytes. Returns its path. */
export async function saveFinding(area: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = join(folderOf(area), `found-${hash}`);
  await mkdir(folderOf(area), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
