import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseEndpointAddress } from '../../../src/model/address.js';
import { formatEndpoints, type Endpoint } from '../../../src/model/endpoint.js';
import type { Member } from '../../../src/sources/members-answer.js';
import {
  chooseEndpoints,
  sameEndpoints,
  type Choice,
} from '../../../src/sources/members-choice.js';

const test = suite('choice of members');

function endpoint(text: string, more: Partial<Endpoint> = {}): Endpoint {
  const parsed = parseEndpointAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const plain = { weight: 1, priority: 0, maxSessions: 0, drain: false };
  return { address: parsed.value, ...plain, ...more };
}

const remote = [endpoint('infra0.example.com:2379')];
const local = [endpoint('127.0.0.1:2379'), endpoint('localhost:22379')];

function member(id: number, ...clientUrls: string[]): Member {
  return { id: BigInt(id), name: `infra${id}`, isLearner: false, clientUrls };
}

function choose(
  members: readonly Member[],
  seeds: readonly Endpoint[] = remote,
  scheme: 'http' | 'https' = 'http',
): Choice {
  return chooseEndpoints(members, { scheme, seeds });
}

test('takes one endpoint for each started voting member', () => {
  const { endpoints, refused } = choose([
    member(0, 'http://10.0.0.1:2379', 'http://infra0.example.com:2379'),
    member(1, 'http://[fd00::1]:2379/'),
    { ...member(2, 'http://10.0.0.3:2379'), isLearner: true },
    member(3),
  ]);
  assert.equal(formatEndpoints(endpoints), ['10.0.0.1:2379', '[fd00::1]:2379']);
  assert.equal(refused, []);
});

test('passes over URLs that cannot be used while there is one that can', () => {
  const { endpoints, refused } = choose([
    member(0, 'http://localhost:2379', 'https://10.0.0.1:2379', 'http://10.0.0.1:2381'),
  ]);
  assert.equal(formatEndpoints(endpoints), ['10.0.0.1:2381']);
  assert.equal(refused, []);
});

test('takes two members behind one address once', () => {
  const url = 'http://lb.example.com:2379';
  assert.equal(formatEndpoints(choose([member(0, url), member(1, url)]).endpoints), [
    'lb.example.com:2379',
  ]);
});

test('marks names of a cluster that is elsewhere: they must not lead to this machine', () => {
  const members = [member(0, 'http://infra0.example.com:2379'), member(1, 'http://10.0.0.1:2379')];
  const marks = (seeds: readonly Endpoint[]): (boolean | undefined)[] =>
    choose(members, seeds).endpoints.map(({ isFromAfar }) => isFromAfar);
  const other = endpoint('infra9.example.com:2379');
  assert.equal(marks([other]), [true, undefined]);
  assert.equal(marks([...local, other]), [true, undefined]);
  assert.equal(marks(local), [undefined, undefined]);
  assert.equal(marks([endpoint('infra0.example.com:2379'), endpoint('10.0.0.9:2379')]), [
    undefined,
    undefined,
  ]);
});

test('gives all members the same share, whatever is written for a seed', () => {
  const seeds = [
    endpoint('10.0.0.1:2379', { weight: 9, priority: 5, maxSessions: 3, drain: true }),
  ];
  const { endpoints } = choose([member(0, 'http://10.0.0.1:2379')], seeds);
  assert.equal(endpoints, [endpoint('10.0.0.1:2379')]);
});

const unusable: readonly [string, RegExp][] = [
  ['http://127.0.0.1:2379', /loopback/],
  ['http://127.9.9.9:2379', /loopback/],
  ['http://localhost:2379', /loopback/],
  ['http://LOCALHOST:2379', /loopback/],
  ['http://etcd.localhost:2379', /loopback/],
  ['http://localhost.:2379', /loopback/],
  ['http://[::1]:2379', /loopback/],
  ['http://[::ffff:127.0.0.1]:2379', /loopback/],
  ['http://0.0.0.0:2379', /0\.0\.0\.0/],
  ['http://[::]:2379', /not an address/],
  ['http://[0:0:0:0:0:0:0:0]:2379', /not an address/],
  ['http://[::ffff:0.0.0.0]:2379', /wildcard/],
  ['http://169.254.169.254:80', /link-local/],
  ['http://[fe80::1]:2379', /link-local/],
  ['https://10.0.0.1:2379', /is not http, as the cluster is asked/],
  ['unix://10.0.0.1:2379', /is not http/],
  ['http://unix:/x', /not a client URL/],
  ['http://10.0.0.1', /no port/],
  ['http://10.0.0.1:99999', /not a port/],
  ['http://user:secret@10.0.0.1:2379', /has a user/],
  ['http://10.0.0.1:2379/path', /not a client URL/],
  ['http://10.0.0.1:2379?x', /has a path/],
  ['http://10.0.0.1:2379\n', /not a client URL|white space|not a port/],
  ['10.0.0.1:2379', /not a client URL/],
  ['http://:2379', /host is missing/],
  ['', /not a client URL/],
];

for (const [url, reason] of unusable) {
  test(`refuses ${JSON.stringify(url)} from a cluster that is not on this machine`, () => {
    const { endpoints, refused } = choose([member(0, url)]);
    assert.equal(endpoints, []);
    assert.is(refused.length, 1);
    assert.match(refused[0]?.reason ?? '', reason);
    assert.match(refused[0]?.reason ?? '', /^member infra0: /);
  });
}

test('shows no user or password of a URL, whatever is wrong with it', () => {
  for (const url of ['http', 'https', 'ftp'].flatMap((scheme) =>
    ['h:2379', 'h', '127.0.0.1:2379', 'h:2379/path', 'h:99999', 'a@h:1'].map(
      (rest) => `${scheme}://root:marker/4711@${rest}`,
    ),
  )) {
    const { refused } = choose([member(0, url)]);
    assert.is(refused.length, 1);
    assert.not.match(JSON.stringify(refused), /marker|4711|root/);
  }
});

test('believes loopback URLs when all seeds are loopback', () => {
  const members = [member(0, 'http://127.0.0.1:2379'), member(1, 'http://localhost:22379')];
  assert.is(choose(members, local).endpoints.length, 2);
  assert.is(choose(members, [...local, ...remote]).endpoints.length, 0);
  assert.is(choose(members, []).endpoints.length, 0);
  assert.is(choose([member(0, 'http://[::]:2379')], local).endpoints.length, 0);
});

test('wants https URLs from a cluster that is asked over https', () => {
  const members = [member(0, 'http://10.0.0.1:2379'), member(1, 'https://10.0.0.2:2379')];
  assert.equal(formatEndpoints(choose(members, remote, 'https').endpoints), ['10.0.0.2:2379']);
});

test('sees a difference in any part of an endpoint, and in the order', () => {
  const [a, b] = [endpoint('a:1'), endpoint('b:1')];
  assert.ok(sameEndpoints([a, b], [endpoint('a:1'), endpoint('b:1')]));
  assert.not.ok(sameEndpoints([a, b], [b, a]));
  assert.not.ok(sameEndpoints([a], [endpoint('a:1', { drain: true })]));
  assert.not.ok(sameEndpoints(undefined, []));
});

test.run();
