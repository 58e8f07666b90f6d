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

/** So many that they are handed over in pieces, shared by gateways of different sizes. */
function manyEndpoints(...counts: readonly number[]): Buffer {
  const gateways: Record<string, unknown> = {};
  counts.forEach((count, index) => {
    const endpoints = Array.from({ length: count }, (_, n) => `infra${n}.example.test:2379`);
    gateways[`gateway${index}`] = { 'listen-addr': `:${index + 1}`, endpoints };
  });
  return Buffer.from(JSON.stringify({ gateways }));
}

/** The first part of it that is not frozen, by path. */
function notFrozen(value: unknown, path = '$'): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Object.isFrozen(value)) return path;
  for (const [key, part] of Object.entries(value as Record<string, unknown>)) {
    const found = notFrozen(part, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

test('gives the same in pieces, to each gateway its own endpoints', async () => {
  const many = Array.from({ length: 300 }, (_, index) => (index % 3) + 1);
  for (const counts of [[700], [1, 499, 501], many]) {
    const bytes = manyEndpoints(...counts);
    assert.ok(bytes.length > 16 * 1024);
    const parsed = await parseAside(bytes, 'f');
    assert.equal(parsed, parseConfig(bytes, 'f'), counts.join(' '));
    assert.is(notFrozen(parsed.kind === 'config' && parsed.config), undefined);
  }
});

test('gives a frozen value also from its thread', async () => {
  for (const bytes of [long, wrong]) assert.is(notFrozen(await parseAside(bytes, 'f')), undefined);
});

test.run();
