import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import { fileReason, GatewayError } from './errors.js';

/**
 * Opens a file to be read, and nothing else: a FIFO that nobody writes into would hold up the reader, and
 * a device does what it does when it is opened. Symbolic links are followed.
 * @throws Error that says what it is instead, or that of the system.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  refuseOthers(await stat(path));
  // a FIFO can have taken its place since
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    refuseOthers(await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The file from its beginning, at most `mostBytes` of it. */
export async function readBounded(handle: FileHandle, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < mostBytes) {
    const chunk = Buffer.alloc(Math.min(64 * 1024, mostBytes - total));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks, total);
}

const largestBytes = 1024 * 1024;

/**
 * Text of a small file that the configuration names, such as a certificate, a password or a token.
 * `what` is its key in the configuration.
 * @throws GatewayError (side `config`) naming key and path.
 */
export async function readSmallFile(what: string, path: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRegular(path);
    const bytes = await readBounded(handle, largestBytes + 1);
    if (bytes.length > largestBytes) throw new Error('it is larger than 1 MiB');
    return bytes.toString();
  } catch (error) {
    throw unusableFile(`${what} ${path} cannot be read: ${fileReason(error)}`, error);
  } finally {
    await handle?.close();
  }
}

const longestToken = 4096;

/**
 * A token, without the white space around it.
 * @throws GatewayError when the file cannot be read, is empty or has more than 4 KiB.
 */
export async function readToken(what: string, path: string): Promise<string> {
  return tokenIn(await readSmallFile(what, path), what, path);
}

/** @throws GatewayError when there is none in the text, or one of more than 4 KiB. */
export function tokenIn(text: string, what: string, path: string): string {
  const token = text.trim();
  if (token === '') throw unusableFile(`${what} ${path} is empty`);
  if (token.length <= longestToken) return token;
  throw unusableFile(`${what} ${path} is longer than ${longestToken} bytes`);
}

export function unusableFile(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: 'file', side: 'config', cause });
}

/** Whether every user of the machine may write the file; false where that cannot be told. */
export async function isOpenToAll(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && stats.isFile() && (stats.mode & 0o002) !== 0;
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** What it is, if it is no regular file. */
export function otherKind(stats: Kind): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'it is a directory, not a file';
  if (stats.isFIFO()) return 'it is a FIFO, not a file';
  return stats.isSocket() ? 'it is a socket, not a file' : 'it is a device, not a file';
}

function refuseOthers(stats: Kind): void {
  const other = otherKind(stats);
  if (other !== undefined) throw new Error(other);
}
