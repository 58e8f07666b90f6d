import { readFile, stat } from 'node:fs/promises';
import { errorCode, fileReason } from '../model/errors.js';
import type { Observer } from '../model/events.js';

export interface FollowedFileOptions<T> {
  readonly path: string;
  /** Reads the text of the file; that of a missing file is empty. Never throws. */
  readonly parse: (text: string) => T;
  readonly observer: Observer;
  /** Messages for the log: the file cannot be read, and the end of that. */
  readonly told: { readonly unreadable: string; readonly readable: string };
}

const longestFileBytes = 4 * 1024 * 1024;

/** A small file of the system that is read again when it has changed. */
export class FollowedFile<T> {
  readonly #options: FollowedFileOptions<T>;
  #content: T;
  #identity = '';
  #problem = '';

  constructor(options: FollowedFileOptions<T>) {
    this.#options = options;
    this.#content = options.parse('');
  }

  /** A file that cannot be read is told of once and counts for what it said last. Never rejects. */
  async content(): Promise<T> {
    const { path, parse } = this.#options;
    try {
      const identity = await identityOf(path);
      if (identity === this.#identity && this.#problem === '') return this.#content;
      this.#content = parse(identity === '' ? '' : await readFile(path, 'utf8'));
      this.#identity = identity;
      if (this.#problem !== '') this.#sayReadable(identity !== '');
    } catch (error) {
      this.#sayUnreadable(fileReason(error));
    }
    return this.#content;
  }

  /** One that has been removed is no problem, and nothing to read. */
  #sayReadable(exists: boolean): void {
    this.#problem = '';
    if (!exists) return;
    const { path, observer, told } = this.#options;
    observer({ type: 'notice', level: 'info', message: told.readable, fields: { file: path } });
  }

  #sayUnreadable(reason: string): void {
    if (reason === this.#problem) return;
    this.#problem = reason;
    const { path, observer, told } = this.#options;
    const fields = { file: path, reason };
    observer({ type: 'notice', level: 'warn', message: told.unreadable, fields });
  }
}

/** Empty: there is no such file, or none that is sensible to read. */
async function identityOf(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile() || found.size > longestFileBytes) return '';
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
