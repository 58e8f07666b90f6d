import { writeFileSync } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way in which people and tools change a file. `step` is another number each time. */
export type FileChange = (file: string, text: string, step: number) => Promise<void>;

/** All of them keep the path; each may follow on any other. */
export const fileChanges: Readonly<Record<string, FileChange>> = {
  'edited in place': writeInPlace,

  'replaced by a rename': async (file, text) => replace(file, text),

  'deleted and made again': async (file, text) => {
    await unlink(file);
    await sleep(5);
    await writeInPlace(file, text);
  },

  'swapped as a ConfigMap is, the old folder kept': async (file, text, step) => {
    await swapData(file, text, step);
  },

  'swapped as a ConfigMap is, the old folder removed': async (file, text, step) => {
    await swapData(file, text, step);
    await rm(join(dirname(file), dataFolder(step - 1)), { recursive: true, force: true });
  },

  'replaced with its folder': async (file, text) => {
    const parent = dirname(file);
    await mkdir(`${parent}.new`);
    await writeFile(join(`${parent}.new`, basename(file)), text);
    await rename(parent, `${parent}.old`);
    await rename(`${parent}.new`, parent);
    await rm(`${parent}.old`, { recursive: true });
  },

  'written slowly': async (file, text) => {
    const handle = await open(file, 'w');
    const size = Math.ceil(text.length / 4);
    for (let at = 0; at < text.length; at += size) {
      await handle.write(text.slice(at, at + size));
      await sleep(5);
    }
    await handle.close();
  },

  'rolled back to an older time': async (file, text, step) => {
    const old = new Date(Date.now() - 3_600_000 - step * 1_000);
    await replace(file, text, old);
  },
};

/** Emptied and written in one go: a busy machine must not let an empty file stand still in between. */
function writeInPlace(file: string, text: string): Promise<void> {
  writeFileSync(file, text);
  return Promise.resolve();
}

async function replace(file: string, text: string, time?: Date): Promise<void> {
  await writeFile(`${file}.new`, text);
  if (time !== undefined) await utimes(`${file}.new`, time, time);
  await rename(`${file}.new`, file);
}

/**
 * `FILE -> ..data/FILE`, `..data -> ..FOLDER`: a new folder comes in by one rename. The link from
 * the file into `..data` is made once; kubelet never touches it again.
 */
async function swapData(file: string, text: string, step: number): Promise<void> {
  const parent = dirname(file);
  await mkdir(join(parent, dataFolder(step)));
  await writeFile(join(parent, dataFolder(step), basename(file)), text);
  await relink(dataFolder(step), join(parent, '..data'));
  if (!(await lstat(file)).isSymbolicLink()) await relink(join('..data', basename(file)), file);
}

async function relink(target: string, link: string): Promise<void> {
  await symlink(target, `${link}.new`);
  await rename(`${link}.new`, link);
}

function dataFolder(step: number): string {
  return `..folder-${step}`;
}
