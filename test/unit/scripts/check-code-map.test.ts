import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { findGaps } from '../../../scripts/check-code-map.js';

const test = suite('the check of the code map');

const text = [
  '# Architecture',
  '- `elsewhere.ts`: not in the map',
  '## Code map',
  '### Pool',
  '- `pool/ring.ts`: a rotation',
  '- `main.ts`: the process',
  '## Next',
  '- `later.ts`: not in the map either',
].join('\n');

test('is content when files and entries are the same', () => {
  assert.equal(findGaps(text, ['src/main.ts', 'src/pool/ring.ts']), []);
});

test('names a file without an entry, an entry without a file, and one that is there twice', () => {
  const twice = text.replace('## Next', '- `main.ts`: again\n## Next');
  const gaps = findGaps(twice, ['src/main.ts', 'src/new.ts']);
  assert.equal(gaps, [
    'ARCHITECTURE.md: src/new.ts is missing in the code map (add a line that says why it exists)',
    'ARCHITECTURE.md: there is no src/pool/ring.ts (remove its line)',
    'ARCHITECTURE.md: src/main.ts is listed twice (remove one line)',
  ]);
});

test('finds no entries in a document without a map', () => {
  assert.is(findGaps('# Architecture', ['src/main.ts']).length, 1);
});

test.run();
