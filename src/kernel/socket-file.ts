import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { errorCode } from '../model/errors.js';
import type { Clock, Timer } from '../model/ports.js';

/** Opens the file itself, whatever it is, and nothing that a link leads to (open(2); not in Node). */
const O_PATH = 0o10000000;

const lookEveryMs = 1_000;

/**
 * The file of a unix socket that this process listens on. The socket is bound in a folder that no other
 * user may enter, and moved into place once its mode is set: nobody ever connects past that mode. The
 * file is known by its inode, which stays in use while the socket is open: so remove the file first and
 * close the socket after it.
 */
export class SocketFile {
  readonly #path: string;
  readonly #identity: Identity;
  /** What stood in its place, as long as it may have to come back. */
  #replaced: Aside | undefined;
  #look: Timer | undefined;

  private constructor(path: string, identity: Identity, replaced: Aside | undefined) {
    this.#path = path;
    this.#identity = identity;
    this.#replaced = replaced;
  }

  /**
   * Has `listen` bind another path and moves the socket to `path`. A socket file that no process listens
   * on, left behind by one that was killed, is replaced: see `keep`.
   * @throws Error with code EADDRINUSE where a process listens, EEXIST where the file is no socket, or
   * that of the call that has failed. The caller closes the socket then.
   */
  static async place(
    path: string,
    mode: number,
    listen: (path: string) => Promise<unknown>,
  ): Promise<SocketFile> {
    await refuseIfTaken(path);
    const folder = await PrivateFolder.make(dirname(path));
    let replaced: Aside | undefined;
    try {
      await listen(folder.shortPath);
      folder.changeMode(mode);
      const identity = identityOf(lstatSync(folder.socket, { bigint: true }));
      replaced = await putAside(path, folder);
      moveIntoPlace(folder.socket, path);
      return new SocketFile(path, identity, replaced);
    } catch (error) {
      if (replaced) putBack(path, replaced);
      throw error;
    } finally {
      folder.close();
    }
  }

  /** Whether it is what is found there. */
  isAt(path: string): boolean {
    const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return there !== undefined && isSame(there, this.#identity);
  }

  /** Why no client finds it any more; undefined: the file is in its place, or that cannot be told. */
  get whyLost(): string | undefined {
    try {
      const there = lstatSync(this.#path, { bigint: true });
      return isSame(there, this.#identity) ? undefined : 'another file has taken its place';
    } catch (error) {
      return isAbsent(error) ? 'its file was removed' : undefined;
    }
  }

  /** Calls once, within about a second of its file being removed or replaced, until `remove`. */
  watch(clock: Clock, lost: (reason: string) => void): void {
    this.#look = clock.setTimer(lookEveryMs, () => {
      const reason = this.whyLost;
      if (reason === undefined) this.watch(clock, lost);
      else lost(reason);
    });
  }

  /** @throws Error where the mode cannot be changed, or the file is not in its place. */
  setMode(mode: number): void {
    changeMode(this.#path, mode, this.#identity);
  }

  /** What it has replaced is gone for good. Idempotent. */
  keep(): void {
    if (this.#replaced) forget(this.#replaced);
    this.#replaced = undefined;
  }

  /**
   * Leaves what another process has put in its place; puts back what it has replaced and not kept.
   * Idempotent.
   * @throws Error where the folder's mode or file system do not allow it.
   */
  remove(): void {
    this.#look?.cancel();
    if (this.whyLost === undefined) removeIfThere(this.#path);
    const replaced = this.#replaced;
    this.#replaced = undefined;
    if (!replaced) return;
    putBack(this.#path, replaced);
    forget(replaced);
  }
}

/** Whether both paths lead to one file, over links too. */
export function areOneFile(path: string, other: string): boolean {
  if (path === other) return true;
  try {
    return isSame(statSync(path, { bigint: true }), statSync(other, { bigint: true }));
  } catch {
    return false; // one of them leads nowhere
  }
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What stood in a socket's place, in a folder of our own. */
interface Aside {
  readonly folder: string;
  readonly file: string;
}

/** A folder that no other user may enter, with a socket in it for a moment. */
class PrivateFolder {
  readonly path: string;
  /** The socket, by the folder's descriptor: the folder is this one, whatever happens to its name. */
  readonly socket: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
    this.socket = join(hasDescriptors() ? `/proc/self/fd/${fd}` : path, basename(path));
  }

  static async make(parent: string): Promise<PrivateFolder> {
    const path = await mkdtemp(join(parent, '.s-'));
    try {
      const fd = openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW);
      return new PrivateFolder(path, fd);
    } catch (error) {
      rmdirSync(path);
      throw error;
    }
  }

  /** What to bind: the name that tools show for the socket, where a socket's may be that long. */
  get shortPath(): string {
    const path = join(this.path, basename(this.path));
    return Buffer.byteLength(path) <= longestSocketPath ? path : this.socket;
  }

  /** A path beside the socket. */
  beside(name: string): string {
    return join(dirname(this.socket), name);
  }

  changeMode(mode: number): void {
    if (hasDescriptors()) changeMode(this.socket, mode);
    else chmodSync(this.socket, mode); // no other user can put a link there
  }

  /** Removes the socket's name here, and the folder unless something is put aside in it. */
  close(): void {
    removeIfThere(this.socket);
    closeSync(this.#fd);
    try {
      rmdirSync(this.path);
    } catch (error) {
      if (errorCode(error) !== 'ENOTEMPTY' && !isAbsent(error)) throw error;
    }
  }
}

const longestSocketPath = 107; // sun_path of unix(7), less its final NUL

/** On Linux, unless its /proc is hidden. */
function hasDescriptors(): boolean {
  return existsSync('/proc/self/fd');
}

function identityOf({ dev, ino }: BigIntStats): Identity {
  return { dev, ino };
}

function isSame(a: Identity, b: Identity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function refuseIfTaken(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isSocket()) throw withCode('EEXIST', `${path} exists and is not a socket`);
  if (await isListening(path)) throw withCode('EADDRINUSE', `another process listens on ${path}`);
}

/** @throws Error where that cannot be told, as for a socket that may not be connected to. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = errorCode(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else if (busyCodes.has(code)) resolve(true);
      else reject(error);
    });
  });
}

/** Its accept queue is full; it is bound, and no stream socket. */
const busyCodes: ReadonlySet<string> = new Set(['EAGAIN', 'EPROTOTYPE']);

/** By a descriptor of the file itself, which no link can stand in for. */
function changeMode(path: string, mode: number, identity?: Identity): void {
  if (!hasDescriptors()) throw withCode('ENOTSUP', 'only with /proc, restart the gateway instead');
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const there = fstatSync(fd, { bigint: true });
    const isOurs = identity === undefined || isSame(there, identity);
    if (!there.isSocket() || !isOurs) throw withCode('ENOENT', `${path} is another file by now`);
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}

/** Undefined: nothing was there. */
async function putAside(path: string, folder: PrivateFolder): Promise<Aside | undefined> {
  const file = folder.beside('replaced');
  try {
    renameSync(path, file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  const aside = { folder: folder.path, file: join(folder.path, 'replaced') };
  try {
    await refuseIfTaken(file); // another process can have come in since
    return aside;
  } catch (error) {
    putBack(path, aside);
    throw error;
  }
}

/** Never over a file that has come meanwhile, but where the file system has no hard links. */
function moveIntoPlace(from: string, path: string): void {
  try {
    linkSync(from, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      throw withCode('EADDRINUSE', `another process has made ${path}`);
    }
    renameSync(from, path);
  }
}

/** A file that has come meanwhile stays. */
function putBack(path: string, aside: Aside): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) moveIntoPlace(aside.file, path);
  removeIfThere(aside.file);
}

function forget({ folder, file }: Aside): void {
  removeIfThere(file);
  rmdirSync(folder);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
