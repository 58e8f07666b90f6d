import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { filesBelow } from '../../../scripts/tests/discover.js';

const test = suite('docs: links');

const topLevel = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** Its pages are written by `npm run bench`, which takes long. */
const measured = 'docs/benchmarks/';

/** What is wrong with the links of one document, as `FILE: TARGET: why`. */
async function brokenLinks(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const local = targets.filter((target) => !/^[a-z]+:/.test(target));
  const checked = await Promise.all(local.map((target) => problemOf(file, target)));
  return checked.filter((problem) => problem !== '');
}

async function problemOf(file: string, target: string): Promise<string> {
  const [path = '', anchor] = target.split('#');
  const found = path === '' ? file : join(dirname(file), path);
  const exists = await stat(found).catch(() => undefined);
  if (!exists) return `${file}: ${target}: no such file`;
  if (anchor === undefined) return '';
  const headings = (await readFile(found, 'utf8')).match(/^#+ .*$/gm) ?? [];
  return headings.map(anchorOf).includes(anchor) ? '' : `${file}: ${target}: no such heading`;
}

/** As code hosts make them: lower case, words joined by hyphens, other characters left out. */
function anchorOf(heading: string): string {
  const words = heading.replace(/^#+ /, '').toLowerCase();
  return words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

test('every link within the project leads somewhere', async () => {
  const pages = await filesBelow(process.cwd(), 'docs', '.md');
  const files = [...topLevel, ...pages.filter((page) => !page.startsWith(measured))];
  const broken = await Promise.all(files.map(brokenLinks));
  assert.equal(broken.flat(), []);
});

test.run();
