import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { commandNames } from '../../../src/cli/arguments.js';
import { helpText } from '../../../src/cli/help.js';

const test = suite('help');

for (const topic of [undefined, ...commandNames]) {
  test(`fits a screen: ${topic ?? 'the overview'}`, () => {
    const lines = helpText(topic).split('\n');
    assert.ok(lines.length <= 24, `${lines.length} lines`);
    for (const line of lines) assert.ok(line.length <= 80, line);
  });
}

test('names every command in the overview', () => {
  for (const name of commandNames) assert.match(helpText(undefined), new RegExp(`^  ${name}`, 'm'));
});

test.run();
