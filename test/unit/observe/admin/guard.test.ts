import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Address } from '../../../../src/model/address.js';
import {
  basicPassword,
  bearerToken,
  isCrossOrigin,
  isLocal,
  isOwnHost,
  isSameSecret,
} from '../../../../src/observe/admin/guard.js';

const test = suite('admin guard');

const tcp = (host: string): Address => ({ kind: 'tcp', host, port: 23791 });
const unix: Address = { kind: 'unix', path: '/run/a.sock' };

const hosts: readonly (readonly [string | undefined, Address, boolean])[] = [
  ['localhost', tcp('127.0.0.1'), true],
  ['localhost.', tcp('127.0.0.1'), true],
  ['LocalHost:80', tcp('127.0.0.1'), true],
  ['192.0.2.1:23791', tcp('127.0.0.1'), true],
  ['[2001:db8::1]:23791', tcp('127.0.0.1'), true],
  ['gw.example.com:23791', tcp('gw.example.com'), true],
  ['evil.example.com', tcp('gw.example.com'), false],
  ['localhost.evil.example', tcp('127.0.0.1'), false],
  ['127.0.0.1.evil.example', tcp('127.0.0.1'), false],
  ['localhost:80@evil.example', tcp('127.0.0.1'), false],
  ['', tcp('127.0.0.1'), false],
  ['', tcp(''), false],
  [undefined, tcp('127.0.0.1'), true],
  ['anything', unix, true],
];

for (const [header, address, own] of hosts) {
  test(`${own ? 'answers to' : 'refuses'} the host ${JSON.stringify(header)}`, () => {
    assert.is(isOwnHost(header, address), own);
  });
}

test('knows which addresses only this machine reaches', () => {
  for (const address of [tcp('127.0.0.1'), tcp('127.9.9.9'), tcp('::1'), tcp('localhost'), unix]) {
    assert.ok(isLocal(address));
  }
  for (const host of ['', '0.0.0.0', '::', '192.0.2.1', 'gw.example.com']) {
    assert.not(isLocal(tcp(host)));
  }
});

test('tells a request for a page of another origin', () => {
  const host = 'localhost:23791';
  assert.not(isCrossOrigin({ host }));
  assert.not(isCrossOrigin({ host, origin: 'http://localhost:23791' }));
  assert.not(isCrossOrigin({ host, 'sec-fetch-site': 'same-origin' }));
  assert.not(isCrossOrigin({ host, 'sec-fetch-site': 'none' }));
  assert.ok(isCrossOrigin({ host, origin: 'http://localhost:8080' }));
  assert.ok(isCrossOrigin({ host, origin: 'null' }));
  assert.ok(isCrossOrigin({ host, 'sec-fetch-site': 'same-site' }));
});

test('reads tokens from headers', () => {
  assert.is(bearerToken('Bearer abc'), 'abc');
  assert.is(bearerToken('bearer  abc '), 'abc');
  assert.is(bearerToken('Basic abc'), undefined);
  assert.is(bearerToken(undefined), undefined);
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.is(basicPassword(basic('me:a:b')), 'a:b');
  assert.is(basicPassword(basic(':x')), 'x');
  assert.is(basicPassword(basic('no colon')), undefined);
  assert.is(basicPassword('Bearer abc'), undefined);
});

test('compares secrets of any length', () => {
  assert.ok(isSameSecret('sesame', 'sesame'));
  assert.not(isSameSecret('sesame', 'sesam'));
  assert.not(isSameSecret('', 'sesame'));
});

test.run();
