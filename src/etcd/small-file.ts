import { readFile, stat } from 'node:fs/promises';

import { fileReason, GatewayError } from '../model/errors.js';

/**
 * Text of a small file that the configuration names, such as a certificate or a password.
 * `what` is its key in the configuration.
 * @throws GatewayError (side `config`) naming key and path.
 */
export async function readSmallFile(what: string, path: string): Promise<string> {
  try {
    const found = await stat(path);
    // A pipe would block one of Node's few file threads until somebody writes into it.
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > largestBytes) throw new Error('it is larger than 1 MiB');
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unusableFile(`${what} ${path} cannot be read: ${fileReason(error)}`, error);
  }
}

export function unusableFile(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: 'file', side: 'config', cause });
}

const largestBytes = 1024 * 1024;
