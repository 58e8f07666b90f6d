import { networkInterfaces } from 'node:os';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { plainReason } from '../../../src/model/errors.js';
import { nodeHost, withoutZone, zoneProblem } from '../../../src/model/zones.js';

const test = suite('zones of IPv6 addresses');

const [known = 'lo'] = Object.keys(networkInterfaces());
const upperCase = known.toUpperCase();

test('finds nothing wrong where there is no zone, and none is needed', () => {
  for (const host of ['10.0.0.1', '::1', '2001:db8::1', 'etcd.example.com', `fe80::1%${known}`]) {
    assert.is(zoneProblem(host), undefined, host);
  }
});

test('says what is wrong with a zone', () => {
  for (const zone of ['nolink0', '4294967', upperCase]) {
    assert.match(
      zoneProblem(`fe80::1%${zone}`) ?? '',
      `its zone "${zone}" is no network interface`,
    );
  }
  for (const host of ['fe80::1', 'febf::1', 'FE90::1']) {
    assert.match(zoneProblem(host) ?? '', 'a link-local address needs its zone');
  }
});

test('knows an interface by its number, too, and gives Node its name', () => {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const each of addresses) {
      if (each.family !== 'IPv6' || each.scopeid === 0) continue;
      assert.is(zoneProblem(`fe80::1%${each.scopeid}`), undefined);
      assert.is(nodeHost(`fe80::1%${each.scopeid}`), `fe80::1%${name}`);
    }
  }
  for (const host of ['10.0.0.1', '::1', 'a.test', `fe80::1%${known}`, 'fe80::1%nolink0']) {
    assert.is(nodeHost(host), host);
  }
});

test('leaves the zone out for others', () => {
  assert.is(withoutZone('fe80::1%eth0'), 'fe80::1');
  for (const host of ['fe80::1', '10.0.0.1', 'a%b']) assert.is(withoutZone(host), host);
});

test('is blamed where a call fails for it, and only there', () => {
  const failed = (code: string, address: string): string =>
    plainReason(Object.assign(new Error('it failed'), { code, address }));
  assert.match(failed('EINVAL', 'fe80::1%nolink0'), 'its zone "nolink0"');
  assert.match(failed('EINVAL', 'fe80::1'), 'needs its zone');
  assert.is(failed('EINVAL', '10.0.0.1'), 'it failed');
  assert.is(failed('ECONNREFUSED', 'fe80::1%nolink0'), 'connection refused');
});

test.run();
