import { readFile, realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';

import { quote } from '../model/quote.js';

/** Whether a file that is mounted by itself is still the one that its owner edits. */
export interface MountedFile {
  /**
   * Why changes of the mount's source will not be seen, with what to do; undefined: they will, or
   * the file is no mount of its own. Never rejects.
   */
  problem(): Promise<string | undefined>;
}

/**
 * A bind mount holds the file that its source was. Once another file takes the source's name, by a
 * rename as editors do it, the mount goes on with the old one: proc(5), `mountinfo`, tells so.
 */
export class BindMount implements MountedFile {
  readonly #path: string;
  /** The mount as it was first seen. */
  #first: Mount | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async problem(): Promise<string | undefined> {
    const found = await findMount(this.#path);
    if (!found) return undefined;
    if (this.#first?.id !== found.id) this.#first = found;
    if (found.isGone) return `its source was replaced or removed: ${remedy}`;
    if (found.name === this.#first.name) return undefined;
    return `its source has become ${quote(found.name)}: ${remedy}`;
  }
}

const remedy =
  'it is a file mounted by itself, and goes on with the old content (mount its folder instead, or mount it again: restart the container)';

interface Mount {
  readonly id: string;
  /** The source's own name; its folders may be renamed without harm. */
  readonly name: string;
  /** Whether nothing has the source's name any more that is this file. */
  readonly isGone: boolean;
}

/** Undefined: the path leads to no file that is mounted by itself. */
async function findMount(path: string): Promise<Mount | undefined> {
  try {
    const real = await realpath(path);
    const { nlink } = await stat(real);
    const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map(readMount);
    // Of several mounts at one place the last one is seen.
    const mount = mounts.findLast(({ place }) => place === real);
    if (!mount) return undefined;
    const { id, root } = mount;
    return { id, name: posix.basename(root), isGone: nlink === 0 || root.endsWith(deletedMark) };
  } catch {
    return undefined; // no file, or a system without mountinfo
  }
}

const deletedMark = '//deleted'; // what Linux writes behind the path of a file without a name

/** Blanks and backslashes of paths stand in a line as octal numbers. */
function readMount(line: string): { id: string; root: string; place: string } {
  const [id = '', , , root = '', place = ''] = line.split(' ').map(unescape);
  return { id, root, place };
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
