/** Fails on a file of `src` that ARCHITECTURE.md's code map does not list, and on the reverse. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { filesBelow } from './tests/discover.js';

const document = 'ARCHITECTURE.md';
const heading = '## Code map';

/** What is wrong with the map in `text`, a sentence each; `files` are paths from the root. */
export function findGaps(text: string, files: readonly string[]): readonly string[] {
  const listed = mappedFiles(text);
  const known = new Set(listed);
  const there = new Set(files);
  return [
    ...files
      .filter((file) => !known.has(file))
      .map(
        (file) =>
          `${document}: ${file} is missing in the code map (add a line that says why it exists)`,
      ),
    ...listed
      .filter((file) => !there.has(file))
      .map((file) => `${document}: there is no ${file} (remove its line)`),
    ...listed
      .filter((file, index) => listed.indexOf(file) !== index)
      .map((file) => `${document}: ${file} is listed twice (remove one line)`),
  ];
}

/** The entries of the map, as `- \`pool/ring.ts\`: …`, from the root. */
function mappedFiles(text: string): readonly string[] {
  const [, map = ''] = text.split(`${heading}\n`);
  const [section = ''] = map.split('\n## ');
  return [...section.matchAll(/^- `([^`]+)`: /gm)].map(([, path]) => `src/${path ?? ''}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await filesBelow(process.cwd(), 'src', '');
  const gaps = findGaps(await readFile(document, 'utf8'), files);
  for (const gap of gaps) console.error(gap);
  process.exitCode = gaps.length > 0 ? 1 : 0;
}
