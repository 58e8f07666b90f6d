import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { chooseStart } from '../../../src/cli/start-options.js';

const test = suite('what start runs');

test('is the file that is named, whether it is there or not', () => {
  assert.equal(chooseStart({ config: '/nowhere.yaml' }), {
    kind: 'options',
    options: { kind: 'file', path: '/nowhere.yaml' },
  });
});

test("is what etcd's flags say", () => {
  const chosen = chooseStart({ flags: { endpoints: ['a:1'] } });
  assert.ok(chosen.kind === 'options' && chosen.options.kind === 'flags');
  assert.is(chosen.options.config.gateways[0]?.name, 'main');
});

test('is nothing where a flag is wrong', () => {
  assert.equal(chooseStart({ flags: { endpoints: ['a'] } }), {
    kind: 'usage',
    mistakes: [{ problem: '--endpoints: "a" has no port', hint: 'write a:2379' }],
  });
});

test.run();
