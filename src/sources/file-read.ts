import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import { fileReason } from '../model/errors.js';

/** One byte more than a configuration may have, so that its parser sees that there is more. */
export const readLimitBytes = 1024 * 1024 + 1;

/** What a path led to at one moment. Equal text: the same file with the same content. */
export type FileState =
  | { readonly kind: 'file'; readonly signature: string; readonly changedAtMs: number }
  | { readonly kind: 'none'; readonly reason: string };

/** Symbolic links are followed. Never rejects, and never blocks on a FIFO or a device. */
export async function fileState(path: string): Promise<FileState> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return { kind: 'none', reason: `it is ${kindOf(stats)}, not a file` };
    return { kind: 'file', signature: signatureOf(stats), changedAtMs: Number(stats.ctimeMs) };
  } catch (error) {
    return { kind: 'none', reason: fileReason(error) };
  }
}

export type ReadAttempt =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  /** The path led elsewhere, or the content changed, before the reading was done. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Reads what `path` leads to, at most `readLimitBytes`, and hands it on only if it was the file of
 * `signature` from before the first byte until after the last. Never rejects.
 */
export async function readExactly(path: string, signature: string): Promise<ReadAttempt> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, a FIFO put in the file's place would hold the opening thread for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (signatureOf(await handle.stat({ bigint: true })) !== signature) return { kind: 'changed' };
    const bytes = await readBounded(handle);
    const after = await fileState(path);
    const unchanged = after.kind === 'file' && after.signature === signature;
    return unchanged ? { kind: 'read', bytes } : { kind: 'changed' };
  } catch (error) {
    return { kind: 'none', reason: fileReason(error) };
  } finally {
    await handle?.close();
  }
}

async function readBounded(handle: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < readLimitBytes) {
    const chunk = Buffer.alloc(Math.min(64 * 1024, readLimitBytes - total));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks, total);
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** The change time is in it because no program can set it: it tells same-size, same-mtime edits. */
function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: Identity): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

interface Kind {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function kindOf(stats: Kind): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : 'a device';
}
