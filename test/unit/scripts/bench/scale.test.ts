import { isIPv4 } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { loopbackEndpoints } from '../../../../scripts/bench/scale/addresses.js';
import { fileOf } from '../../../../scripts/bench/scale/growth.js';

const test = suite('endpoints at scale');

test('have addresses of loopback, no two the same', () => {
  const endpoints = loopbackEndpoints(200_000, 2379);
  assert.is(new Set(endpoints).size, endpoints.length);
  assert.ok(endpoints.every((endpoint) => /^127\.\d+\.\d+\.\d+:2379$/.test(endpoint)));
  assert.ok(isIPv4((endpoints.at(-1) ?? '').replace(/:.*/, '')));
  assert.not.ok(endpoints.includes('127.0.0.1:2379'));
});

test('are exchanged one in ten from each file to the next', () => {
  const endpointsOf = (turn: number): unknown[] =>
    fileOf(1, 100, 2379, turn).scale?.endpoints as unknown[];
  const first = new Set(endpointsOf(0));
  assert.is(endpointsOf(1).filter((endpoint) => !first.has(endpoint)).length, 10);
  assert.equal(endpointsOf(2), endpointsOf(0));
});

test.run();
