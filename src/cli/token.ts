import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorCode, fileReason, GatewayError } from '../model/errors.js';
import { tokenIn, unusableFile } from '../model/small-file.js';

const what = 'the token file';
const mostBytes = 8 * 1024; // tokens have at most 4 KiB, and some white space around them
const longestWaitMs = 2_000;
const pollMs = 10;

/**
 * The token that a command is given, also by a FIFO: a shell's `<(…)` hands over a secret without a file.
 * @throws GatewayError when there is none within 2 s.
 */
export async function readTokenOnce(path: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return tokenIn(await readWritten(handle), what, path);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unusableFile(`${what} ${path} cannot be read: ${fileReason(error)}`, error);
  } finally {
    await handle?.close();
  }
}

/** Until its end: of a FIFO, until who writes into it closes it. */
async function readWritten(handle: FileHandle): Promise<string> {
  const bytes = Buffer.alloc(mostBytes);
  const endMs = performance.now() + longestWaitMs;
  for (let length = 0; length < mostBytes;) {
    const { bytesRead } = await handle.read(bytes, length).catch((error: unknown) => {
      if (errorCode(error) !== 'EAGAIN') throw error;
      if (performance.now() >= endMs) throw new Error('nothing comes out of it', { cause: error });
      return { bytesRead: undefined };
    });
    if (bytesRead === 0) return bytes.toString('utf8', 0, length);
    if (bytesRead === undefined) await sleep(pollMs);
    else length += bytesRead;
  }
  return bytes.toString();
}
