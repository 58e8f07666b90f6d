import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerOrder } from '../../../src/dns/server-order.js';
import type { DnsFailure } from '../../../src/dns/errors.js';

const test = suite('order of DNS servers');

const [a, b] = [
  { host: '192.0.2.1', port: 53 },
  { host: '192.0.2.2', port: 53 },
];

let nowMs = 0;
let order: ServerOrder;

test.before.each(() => {
  nowMs = 0;
  order = new ServerOrder({ nowMs: () => nowMs });
});

/** Who is asked in a query in which everybody fails, as `1x2`: server 1 with twice the time. */
function failing(failure: DnsFailure, servers = [a, b]): string {
  const asked: string[] = [];
  for (const { server, patience } of order.tries(servers)) {
    asked.push(`${server.host.at(-1)}x${patience}`);
    order.failed(server, failure);
  }
  return asked.join(' ');
}

test('asks each server once, and once more with twice the time', () => {
  assert.is(failing('timeout'), '1x1 2x1 1x2 2x2');
});

test('asks servers that all failed last time once, with twice the time', () => {
  failing('timeout');
  assert.is(failing('timeout'), '1x2 2x2');
  nowMs += 3_600_000;
  assert.is(failing('timeout'), '1x2 2x2');
  order.answered(a);
  order.answered(b);
  assert.is(failing('servfail'), '1x1 2x1 1x2 2x2');
  assert.is(failing('servfail'), '1x2 2x2');
});

test('asks one that failed last time once, and the other as always', () => {
  order.failed(a, 'servfail');
  assert.is(failing('servfail'), '1x1 2x1 2x2');
});

test('asks a silent server after the others for half a minute', () => {
  order.failed(a, 'timeout');
  const first = (): string | undefined => [...order.tries([a, b])][0]?.server.host;
  assert.is(first(), b.host);
  nowMs = 30_000;
  assert.is(first(), a.host);
});

test('asks a single server that failed last time, too', () => {
  order.failed(a, 'timeout');
  assert.is(failing('timeout', [a]), '1x2');
});

test.run();
