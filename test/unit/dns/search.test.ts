import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DnsError, type DnsFailure } from '../../../src/dns/errors.js';
import { namesToAsk, searchFor } from '../../../src/dns/search.js';

const test = suite('search of names');

const search = ['ns.svc.test', 'svc.test'];

const cases: readonly (readonly [name: string, ndots: number, ...asked: string[]])[] = [
  ['etcd', 1, 'etcd.ns.svc.test', 'etcd.svc.test', 'etcd'],
  ['etcd', 0, 'etcd', 'etcd.ns.svc.test', 'etcd.svc.test'],
  ['etcd.', 5, 'etcd'],
  ['Etcd.Default.', 5, 'etcd.default'],
  ['etcd.default', 1, 'etcd.default', 'etcd.default.ns.svc.test', 'etcd.default.svc.test'],
  ['etcd.default', 2, 'etcd.default.ns.svc.test', 'etcd.default.svc.test', 'etcd.default'],
];

for (const [name, ndots, ...asked] of cases) {
  test(`asks for ${name} with ndots:${ndots} as ${asked.join(', ')}`, () => {
    assert.equal(namesToAsk(name, { search, ndots }), asked);
  });
}

test('asks for no name that is too long', () => {
  const long = `${'a.'.repeat(121)}a`; // 243 characters
  const domains = ['123456789', '1234567890'];
  assert.equal(namesToAsk(long, { search: domains, ndots: 1 }), [long, `${long}.123456789`]);
});

async function outcomeOf(outcomes: Readonly<Record<string, string>>): Promise<[string, string[]]> {
  const asked: string[] = [];
  const ask = (name: string): Promise<string> => {
    asked.push(name);
    const outcome = outcomes[name] ?? '';
    if (/^(found|none)/.test(outcome)) return Promise.resolve(outcome);
    return Promise.reject(new DnsError(outcome as DnsFailure, `${name}: ${outcome}`));
  };
  const answer = await searchFor(Object.keys(outcomes), ask, (each) =>
    each.startsWith('found'),
  ).catch((error: unknown) => String(error));
  return [answer, asked];
}

test('ends with the first name that is found', async () => {
  assert.equal(await outcomeOf({ a: 'none', b: 'found', c: 'found' }), ['found', ['a', 'b']]);
});

test('goes on after a name that a server refuses, and tells of that if no other is found', async () => {
  assert.equal(await outcomeOf({ a: 'servfail', b: 'found' }), ['found', ['a', 'b']]);
  const [reason] = await outcomeOf({ a: 'no-address', b: 'refused', c: 'servfail', d: 'none' });
  assert.match(reason, 'b: refused');
});

test('tells the last reason where every name is unknown', async () => {
  assert.equal((await outcomeOf({ a: 'none 1', b: 'none 2' }))[0], 'none 2');
  assert.match((await outcomeOf({ a: 'no-address', b: 'no-address' }))[0], 'b: no-address');
});

test('goes on after silence about one name, but not about two in a row', async () => {
  for (const silence of ['timeout', 'unreachable']) {
    assert.equal(await outcomeOf({ a: silence, b: 'found' }), ['found', ['a', 'b']]);
    assert.match((await outcomeOf({ a: silence, b: 'none' }))[0], `a: ${silence}`);
    const apart = { a: silence, b: 'none', c: silence, d: 'found' };
    assert.is((await outcomeOf(apart))[0], 'found');
    const [reason, asked] = await outcomeOf({ a: 'servfail', b: silence, c: silence, d: 'found' });
    assert.match(reason, silence);
    assert.equal(asked, ['a', 'b', 'c']);
  }
});

test('ends at once when it is given up', async () => {
  assert.equal((await outcomeOf({ a: 'aborted', b: 'found' }))[1], ['a']);
});

test.run();
