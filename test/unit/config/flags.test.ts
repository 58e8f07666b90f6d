import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { configFromFlags, type EtcdFlags, type FlagMistake } from '../../../src/config/flags.js';
import { formatAddress } from '../../../src/model/address.js';
import type { Config, GatewayConfig } from '../../../src/model/config.js';
import { endpointKey } from '../../../src/model/endpoint.js';

const test = suite('flags');

test("has etcd's defaults", () => {
  const { name, listen, endpoints, settings, srvDiscovery } = gateway({ endpoints: [] });
  assert.is(name, 'main');
  assert.equal(listen.map(formatAddress), ['127.0.0.1:23790']);
  assert.equal(endpoints.map(endpointKey), ['127.0.0.1:2379']);
  assert.is(settings.retryDelayMs, 60_000);
  assert.is(srvDiscovery, undefined);
});

test('leaves the rest as in a file that says nothing', () => {
  const { admin, log, reload } = config({ endpoints: [] });
  assert.is(admin.explicit, false);
  assert.is(admin.listen && formatAddress(admin.listen), '127.0.0.1:23791');
  assert.equal(log, { level: 'info', format: 'auto', sessions: false });
  assert.is(reload.watch, true);
});

test('does without the admin server where a flag has its default address', () => {
  const at = (by: string): unknown => ({ address: '127.0.0.1:23791', by });
  const { listen, taken } = config({ endpoints: [], 'listen-addr': ':23791' }).admin;
  assert.is(listen, undefined);
  assert.equal(taken, at('--listen-addr'));
  const { admin } = config({ endpoints: ['a:1', 'localhost:23791'] });
  assert.is(admin.listen, undefined);
  assert.equal(admin.taken, at('--endpoints'));
});

test('takes up every flag', () => {
  const main = gateway({
    endpoints: ['a:1', '[::1]:2'],
    'listen-addr': ':1234',
    'retry-delay': '5s',
    'discovery-srv': 'example.com',
    'discovery-srv-name': 'prod',
    'insecure-discovery': 'true',
    'trusted-ca-file': '/ca.pem',
  });
  assert.equal(main.endpoints.map(endpointKey), ['a:1', '[::1]:2']);
  assert.equal(main.listen.map(formatAddress), [':1234']);
  assert.is(main.settings.retryDelayMs, 5_000);
  assert.equal(main.srvDiscovery, {
    domain: 'example.com',
    serviceName: 'prod',
    insecure: true,
    trustedCaFile: '/ca.pem',
  });
});

test('invents no endpoint beside a discovery', () => {
  assert.equal(gateway({ endpoints: [], 'discovery-srv': 'example.com' }).endpoints, []);
});

test('takes an empty discovery for none, as etcd does', () => {
  const empty = { 'discovery-srv': '', 'discovery-srv-name': '', 'trusted-ca-file': '' };
  const { endpoints, srvDiscovery } = gateway({ endpoints: [], ...empty });
  assert.equal(endpoints.map(endpointKey), ['127.0.0.1:2379']);
  assert.is(srvDiscovery, undefined);
});

test('takes an endpoint that is repeated once', () => {
  const { endpoints } = gateway({ endpoints: ['a:1', 'A:1', 'a.:1', 'b:1'] });
  assert.equal(endpoints.map(endpointKey), ['a:1', 'b:1']);
});

const refused: readonly (readonly [flags: Partial<EtcdFlags>, told: string])[] = [
  [{ endpoints: ['https://h:2379'] }, '--endpoints: "https://h:2379" has a scheme (write h:2379)'],
  [{ endpoints: [''] }, '--endpoints: "" has no port (write host:2379)'],
  [
    { 'listen-addr': '127.0.0.1:99999' },
    '--listen-addr: "99999" is not a port (write a number from 1 to 65535)',
  ],
  [{ 'retry-delay': '-1s' }, '--retry-delay: "-1s" is negative (write 1s)'],
  [{ 'retry-delay': '0s' }, '--retry-delay: 0s is too little (write 1ms or more)'],
  [{ 'retry-delay': '60' }, '--retry-delay: "60" has no unit (write 60s)'],
  [{ 'discovery-srv': 'a b' }, '--discovery-srv: "a b" is not a domain (write it as example.com)'],
  [
    { 'discovery-srv-name': 'a.b' },
    '--discovery-srv-name: "a.b" cannot be part of a service name (use up to 42 letters, digits and "-")',
  ],
  [
    { endpoints: ['127.0.0.1:2379'], 'listen-addr': '0.0.0.0:2379' },
    '--endpoints: 127.0.0.1:2379 is where the gateway listens itself (write the address of an etcd member)',
  ],
  [
    { 'listen-addr': ':2379' },
    '--endpoints: 127.0.0.1:2379 is where the gateway listens itself (write the address of an etcd member)',
  ],
];

for (const [flags, told] of refused) {
  test(`refuses ${JSON.stringify(flags)}`, () => {
    const parsed = configFromFlags({ endpoints: [], ...flags });
    assert.ok(parsed.kind === 'usage');
    assert.equal(toldBy(parsed.mistakes), [told]);
  });
}

test('names every mistake, also where several stand in one list', () => {
  const endpoints = ['https://a:1', 'b:2', 'c', 'd:99999'];
  const parsed = configFromFlags({ endpoints, 'listen-addr': 'x', 'retry-delay': '5' });
  assert.ok(parsed.kind === 'usage');
  assert.equal(toldBy(parsed.mistakes), [
    '--listen-addr: "x" has no port (write x:23790)',
    '--endpoints: "https://a:1" has a scheme (write a:1)',
    '--endpoints: "c" has no port (write c:2379)',
    '--endpoints: "99999" is not a port (write a number from 1 to 65535)',
    '--retry-delay: "5" has no unit (write 5s)',
  ]);
});

function toldBy(mistakes: readonly FlagMistake[]): readonly string[] {
  return mistakes.map(({ problem, hint }) => `${problem} (${hint})`);
}

function gateway(flags: EtcdFlags): GatewayConfig {
  const [main, ...others] = config(flags).gateways;
  if (main === undefined || others.length > 0) throw new Error('there is not just one gateway');
  return main;
}

function config(flags: EtcdFlags): Config {
  const parsed = configFromFlags(flags);
  if (parsed.kind === 'config') return parsed.config;
  throw new Error(toldBy(parsed.mistakes).join('; '));
}

test.run();
