import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';
import { parseAside } from '../../../src/config/parse-aside.js';

const test = suite('parsing aside');

const short = Buffer.from('gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }\n');
const long = Buffer.concat([short, Buffer.from('# a comment\n'.repeat(5_000))]);
const wrong = Buffer.concat([long, Buffer.from('log: { level: loud }\n')]);

test('gives what parsing in place gives, for short and long files, right and wrong', async () => {
  for (const bytes of [short, long, wrong]) {
    assert.equal(await parseAside(bytes, 'f'), parseConfig(bytes, 'f'));
  }
});

test('gives a frozen value also from its thread', async () => {
  const parsed = await parseAside(long, 'f');
  assert.ok(parsed.kind === 'config');
  assert.ok(Object.isFrozen(parsed.config.gateways[0]?.endpoints[0]?.address));
});

test.run();
