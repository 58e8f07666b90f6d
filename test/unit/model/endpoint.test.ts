import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { endpointKey, formatEndpoints, type Endpoint } from '../../../src/model/endpoint.js';

const test = suite('endpoint');

const plain: Endpoint = {
  address: { kind: 'tcp', host: '::1', port: 2379 },
  weight: 1,
  priority: 0,
  maxSessions: 0,
  drain: false,
};

test('is known by its address alone', () => {
  assert.is(endpointKey(plain), '[::1]:2379');
  assert.is(endpointKey({ ...plain, weight: 5, priority: 1, drain: true }), endpointKey(plain));
});

test('is shown by its address', () => {
  const socket: Endpoint = { ...plain, address: { kind: 'unix', path: '/run/etcd.sock' } };
  assert.equal(formatEndpoints([plain, socket]), ['[::1]:2379', 'unix:/run/etcd.sock']);
});

test.run();
