import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readEtcdHealth } from '../../../src/pool/probe-etcd.js';

const test = suite('verdict of /health');

const table: readonly [string, number, string, string | undefined][] = [
  ['healthy as etcd says it', 200, '{"health":"true"}', undefined],
  ['healthy with an empty reason', 200, '{"health":"true","reason":""}', undefined],
  ['healthy as a boolean', 200, '{"health":true}', undefined],
  ['an alarm', 503, '{"health":"false","reason":"ALARM NOSPACE"}', 'etcd reports alarm NOSPACE'],
  ['no leader', 503, '{"health":"false","reason":"RAFT NO LEADER"}', 'etcd reports RAFT NO LEADER'],
  [
    'unhealthy without a reason',
    503,
    '{"health":"false"}',
    'etcd reports itself unhealthy (HTTP 503): an alarm, or no leader',
  ],
  [
    'healthy words under an error status',
    500,
    '{"health":"true"}',
    'etcd reports itself unhealthy (HTTP 500): an alarm, or no leader',
  ],
  ['another server', 404, 'not found', 'HTTP 404 without a health verdict: is this an etcd?'],
  ['an array', 200, '["health"]', 'HTTP 200 without a health verdict: is this an etcd?'],
  ['a redirect', 302, '', 'HTTP 302 without a health verdict: is this an etcd?'],
];

for (const [what, status, body, reason] of table) {
  test(`understands ${what}`, () => {
    const expected = reason === undefined ? { ok: true, reason: '' } : { ok: false, reason };
    assert.equal(readEtcdHealth({ status, body }), expected);
  });
}

test('takes control characters and endless text out of a reason', () => {
  const why = `a\nb\u001b[31m${'x'.repeat(5000)}`;
  const { reason } = readEtcdHealth({
    status: 503,
    body: JSON.stringify({ health: 'false', reason: why }),
  });
  assert.not.match(reason, /\p{C}/u);
  assert.ok(reason.length < 250);
});

test('finds no health in any other JSON', () => {
  fc.assert(
    fc.property(fc.json(), (body) => {
      if (!body.includes('health')) assert.not.ok(readEtcdHealth({ status: 200, body }).ok);
    }),
  );
});

test.run();
