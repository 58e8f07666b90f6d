import {
  appendFile,
  link,
  mkdir,
  open,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped, type Scope } from '../support/scope.js';
import { watchFile, whole, type WatchedFile } from '../support/watched-file.js';

/**
 * Each change is made with the poll switched off, so that it is the watch that finds it, several
 * times over and several at once. `one` has been seen when `change` begins.
 */
interface Scenario {
  readonly name: string;
  /** Makes a file of `one`; returns its path. */
  readonly prepare?: (dir: string) => Promise<string>;
  readonly change: (file: string, dir: string, source: WatchedFile) => Promise<void>;
  readonly expect: readonly string[];
  /** Default 200: a busy machine may let so much time pass between two writes. */
  readonly quietPeriodMs?: number;
}

const rounds = 5;
const two = whole('two');
const three = whole('three');

const scenarios: readonly Scenario[] = [
  {
    name: 'an edit in place',
    change: (file) => writeFile(file, two),
    expect: ['one', 'two'],
  },
  {
    name: 'a rename over the file',
    change: (file) => renameOver(file, two),
    expect: ['one', 'two'],
  },
  {
    name: 'a removal and a new file',
    change: async (file, _dir, source) => {
      await rm(file);
      await source.event('file-missing');
      await writeFile(file, two);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'a file written in pieces',
    change: async (file) => {
      await truncate(file);
      for (const piece of chunks(two, 5)) {
        await appendFile(file, piece);
        await sleep(15);
      }
    },
    expect: ['one', 'two'],
    quietPeriodMs: 500,
  },
  {
    name: 'a rollback to an older modification time',
    change: async (file) => {
      await writeFile(`${file}.old`, two);
      await utimes(`${file}.old`, 1_000_000_000, 1_000_000_000);
      await rename(`${file}.old`, file);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'an edit that keeps size and modification time',
    change: async (file) => {
      const before = await stat(file);
      const handle = await open(file, 'r+');
      await handle.write(whole('eno'), 0);
      await handle.close();
      await utimes(file, before.atime, before.mtime);
    },
    expect: ['one', 'eno'],
  },
  {
    name: 'an edit by vim, which moves the file away and writes a new one',
    change: async (file) => {
      await rename(file, `${file}~`);
      await writeFile(file, two);
      await rm(`${file}~`);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'an edit that keeps a hard link as the backup',
    change: async (file) => {
      await link(file, `${file}~`);
      await renameOver(file, two);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'an edit by another name of the same file, in another folder',
    change: async (file, dir) => {
      await mkdir(join(dir, 'elsewhere'));
      await link(file, join(dir, 'elsewhere/other.yaml'));
      await writeFile(join(dir, 'elsewhere/other.yaml'), two);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'a hundred quick edits',
    change: async (file) => {
      for (let i = 0; i < 100; i += 1) await writeFile(file, whole(`edit ${i}`));
    },
    expect: ['one', 'edit 99'],
    quietPeriodMs: 500,
  },
  {
    name: 'two edits, one after the other',
    change: async (file, _dir, source) => {
      await writeFile(file, two);
      await source.seen('two');
      await renameOver(file, three);
    },
    expect: ['one', 'two', 'three'],
  },
  {
    name: 'a bad edit and the way back',
    change: async (file, _dir, source) => {
      await writeFile(file, 'half of a li');
      await source.seen('invalid: half of a li');
      await writeFile(file, whole('one'));
    },
    expect: ['one', 'invalid: half of a li', 'one'],
  },
  {
    name: 'ConfigMap swaps whose old folders stay',
    prepare: configMap,
    change: async (_file, dir, source) => {
      for (const content of ['two', 'three', 'four', 'five']) {
        await swapConfigMap(dir, content);
        await source.seen(content);
      }
    },
    expect: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    name: 'ConfigMap swaps whose old folders go',
    prepare: configMap,
    change: async (_file, dir, source) => {
      let old = 'one';
      for (const content of ['two', 'three', 'four', 'five']) {
        await swapConfigMap(dir, content);
        await rm(join(dir, `..${old}`), { recursive: true });
        await source.seen(content);
        old = content;
      }
    },
    expect: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    name: 'a link that is turned to another file',
    prepare: linked,
    change: async (file, dir) => {
      await writeFile(join(dir, 'other.yaml'), two);
      await symlink('other.yaml', join(dir, 'new-link'));
      await rename(join(dir, 'new-link'), file);
    },
    expect: ['one', 'two'],
  },
  {
    name: 'an edit of the file that a link leads to',
    prepare: linked,
    change: (_file, dir) => writeFile(join(dir, 'far/away/real.yaml'), two),
    expect: ['one', 'two'],
  },
  {
    name: 'a parent folder that is a link and is turned to another folder',
    prepare: async (dir) => {
      await mkdir(join(dir, 'v1'));
      await writeFile(join(dir, 'v1/gateway.yaml'), whole('one'));
      await symlink('v1', join(dir, 'current'));
      return join(dir, 'current/gateway.yaml');
    },
    change: async (_file, dir, source) => {
      for (const content of ['two', 'three']) {
        await mkdir(join(dir, content));
        await writeFile(join(dir, content, 'gateway.yaml'), whole(content));
        await symlink(content, join(dir, 'next'));
        await rename(join(dir, 'next'), join(dir, 'current'));
        await source.seen(content);
      }
    },
    expect: ['one', 'two', 'three'],
  },
  {
    name: 'a parent folder that is replaced',
    prepare: nested,
    change: async (_file, dir, source) => {
      for (const content of ['two', 'three', 'four']) {
        await rename(join(dir, 'parent'), join(dir, `before-${content}`));
        await mkdir(join(dir, 'parent'));
        await writeFile(join(dir, 'parent/gateway.yaml'), whole(content));
        await source.seen(content);
      }
    },
    expect: ['one', 'two', 'three', 'four'],
  },
  {
    name: 'a parent folder that is removed and made again',
    prepare: nested,
    change: async (_file, dir, source) => {
      await rm(join(dir, 'parent'), { recursive: true });
      await source.event('file-missing');
      await mkdir(join(dir, 'parent'));
      await writeFile(join(dir, 'parent/gateway.yaml'), two);
    },
    expect: ['one', 'two'],
  },
];

const test = suite('file: seen once and whole');

for (const scenario of scenarios) {
  test(
    scenario.name,
    scoped(async (scope) => {
      await Promise.all(Array.from({ length: rounds }, () => play(scope, scenario)));
    }),
  );
}

test.run();

async function play(
  scope: Scope,
  { prepare = plain, change, expect, quietPeriodMs = 200 }: Scenario,
): Promise<void> {
  const dir = await scope.tempDir();
  const file = await prepare(dir);
  const watched = await watchFile(scope, file, { quietPeriodMs });
  await change(file, dir, watched);
  await watched.seen(expect.at(-1) ?? '');
  await watched.source.refresh();
  assert.equal(watched.readings(), expect);
}

async function plain(dir: string): Promise<string> {
  const file = join(dir, 'gateway.yaml');
  await writeFile(file, whole('one'));
  return file;
}

async function nested(dir: string): Promise<string> {
  await mkdir(join(dir, 'parent'));
  return plain(join(dir, 'parent'));
}

/** A link in one folder to a file in another. */
async function linked(dir: string): Promise<string> {
  await mkdir(join(dir, 'far/away'), { recursive: true });
  await writeFile(join(dir, 'far/away/real.yaml'), whole('one'));
  await symlink('far/away/real.yaml', join(dir, 'link.yaml'));
  return join(dir, 'link.yaml');
}

/** The layout that a kubelet gives to a mounted ConfigMap. */
async function configMap(dir: string): Promise<string> {
  await swapConfigMap(dir, 'one');
  await symlink('..data/gateway.yaml', join(dir, 'gateway.yaml'));
  return join(dir, 'gateway.yaml');
}

async function swapConfigMap(dir: string, content: string): Promise<void> {
  await mkdir(join(dir, `..${content}`));
  await writeFile(join(dir, `..${content}`, 'gateway.yaml'), whole(content));
  await symlink(`..${content}`, join(dir, '..data_tmp'));
  await rename(join(dir, '..data_tmp'), join(dir, '..data'));
}

async function renameOver(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

function chunks(text: string, count: number): readonly string[] {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, i) => text.slice(i * size, (i + 1) * size));
}
