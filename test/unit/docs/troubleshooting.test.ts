import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { filesBelow } from '../../../scripts/tests/discover.js';

const test = suite('docs: troubleshooting');

/** How sources write the constant messages of log lines. */
const spellings = [
  /\b(?:error|warn|info|debug)\((?:[^'"\n]*? \? )?(['"])(?<message>(?:(?!\1).)+)\1[,)]/g,
  /#(?:warn|over|try)\((?:[^'"\n]*, )?(['"])(?<message>(?:(?!\1).)+)\1[,)]/g,
  /#notify\('\w+', (['"])(?<message>(?:(?!\1).)+)\1,/g,
  /\b(?:message|text)(?:: | = )(['"])(?<message>(?:(?!\1).)+)\1[,;]/g,
  /(['"])(?<message>(?:configuration|client refused,|health check) (?:(?!\1).)+)\1/g,
];

async function messages(): Promise<ReadonlySet<string>> {
  const files = await filesBelow(process.cwd(), 'src', '.ts');
  const sources = files.filter((file) => !/generated|\/page\/|\/cli\//.test(file));
  const texts = await Promise.all(sources.map((file) => readFile(file, 'utf8')));
  const found = texts.flatMap((text) =>
    spellings.flatMap((spelling) => [...text.matchAll(spelling)]),
  );
  return new Set(found.flatMap(({ groups }) => groups?.message ?? []));
}

test('every message of the log is explained', async () => {
  const document = await readFile('docs/troubleshooting.md', 'utf8');
  const all = await messages();
  for (const known of [
    'ready to proxy client requests',
    'endpoint taken out of rotation',
    'running without admin server',
    'client refused, it is the gateway itself',
    'configuration refused, nothing is started',
    "a socket's file mode could not be changed",
    'discovery answers again',
  ]) {
    assert.ok(all.has(known), `"${known}" is no longer found in the sources`);
  }
  const missing = [...all].filter((message) => !document.includes(`\`${message}\``));
  assert.equal(missing, []);
});

test.run();
