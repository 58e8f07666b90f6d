import { stat, type FileHandle } from 'node:fs/promises';

import { fileReason } from '../model/errors.js';
import { openRegular, otherKind, readBounded } from '../model/small-file.js';

import { isOpenForWriting } from './file-writers.js';

/** One byte more than a configuration may have, so that its parser sees that there is more. */
export const readLimitBytes = 1024 * 1024 + 1;

/** What a path led to at one moment. Equal text: the same file with the same content. */
export type FileState =
  | { readonly kind: 'file'; readonly signature: string; readonly changedAtMs: number }
  | { readonly kind: 'none'; readonly reason: string };

const nameAFile = 'name a file: it is read again at each reload';

/** Symbolic links are followed. Never rejects, and never blocks on a FIFO or a device. */
export async function fileState(path: string): Promise<FileState> {
  try {
    const stats = await stat(path, { bigint: true });
    const other = otherKind(stats);
    if (other !== undefined) return { kind: 'none', reason: `${other} (${nameAFile})` };
    return { kind: 'file', signature: signatureOf(stats), changedAtMs: Number(stats.ctimeMs) };
  } catch (error) {
    return { kind: 'none', reason: fileReason(error) };
  }
}

export type ReadAttempt =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  /** The path led elsewhere, or the content changed, before the reading was done. */
  | { readonly kind: 'changed' }
  /** Somebody has it open for writing. */
  | { readonly kind: 'open' }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Reads what `path` leads to, at most `readLimitBytes`, and hands it on only if it was the file of
 * `signature` from before the first byte until after the last. A file that is open for writing is read
 * only if `evenOpen`. Never rejects.
 */
export async function readExactly(
  path: string,
  signature: string,
  evenOpen: boolean,
): Promise<ReadAttempt> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRegular(path);
    if (signatureOf(await handle.stat({ bigint: true })) !== signature) return { kind: 'changed' };
    if (!evenOpen && (await isOpenForWriting(handle.fd))) return { kind: 'open' };
    const bytes = await readBounded(handle, readLimitBytes);
    const after = await fileState(path);
    const unchanged = after.kind === 'file' && after.signature === signature;
    return unchanged ? { kind: 'read', bytes } : { kind: 'changed' };
  } catch (error) {
    return { kind: 'none', reason: fileReason(error) };
  } finally {
    await handle?.close();
  }
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
