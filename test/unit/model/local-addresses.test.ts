import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whyNotFromAfar } from '../../../src/model/local-addresses.js';

const test = suite('addresses that mean this machine');

const refused: readonly (readonly [string, RegExp])[] = [
  ...['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'].map(
    (host) => [host, /loopback/] as const,
  ),
  ...['169.254.169.254', 'fe80::1', 'FE80::1', 'fe80::1%eth0', '::ffff:169.254.1.1'].map(
    (host) => [host, /link-local/] as const,
  ),
  ...['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'].map((host) => [host, /wildcard/] as const),
];

for (const [host, reason] of refused) {
  test(`no other machine may lead to ${host}`, () => {
    assert.match(whyNotFromAfar(host) ?? '', reason);
  });
}

for (const host of [
  '10.0.0.1',
  '192.168.1.1',
  '172.17.0.2',
  '::ffff:10.0.0.1',
  'fd00::1',
  '2001:db8::1',
]) {
  test(`any machine may lead to ${host}`, () => {
    assert.is(whyNotFromAfar(host), undefined);
  });
}

test("any machine may lead to what Debian's hosts file gives to the machine's own name", () => {
  assert.is(whyNotFromAfar('127.0.1.1'), undefined);
});

test.run();
