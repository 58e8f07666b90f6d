import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';
import { listIn, recordIn } from '../../../src/config/raw.js';
import { schema } from '../../../src/config/schema.generated.js';
import { resolve, type SchemaNode } from '../../../src/config/schema-node.js';
import type { Config, GatewayConfig } from '../../../src/model/config.js';
import { parse as parseYaml } from 'yaml';

import {
  addressOf,
  configOf,
  defaultAdmin,
  endpointsAt,
  gatewayConfig,
} from '../../support/desired.js';

const test = suite('parse');
const root = new URL('../../../../', import.meta.url); // seen from dist/test/unit/config

test('takes keys of a discovery that is not there, as templates leave them standing', () => {
  const [gateway] = config(
    'gateways: { main: { listen-addr: ":23790", endpoints: [a:1], ' +
      'discovery-srv-name: x, insecure-discovery: true, trusted-ca-file: /ca } }',
  ).gateways;
  assert.is(gateway?.srvDiscovery, undefined);
});

test('asks DNS servers by address, localhost by 127.0.0.1', () => {
  const { dns } = config(
    'gateways: { main: { listen-addr: ":23790", endpoints: [a:1] } }\n' +
      'dns: { servers: ["localhost:5353", "10.0.0.53:53", "[::1]:53"] }',
  );
  assert.equal(dns.servers, ['127.0.0.1:5353', '10.0.0.53:53', '[::1]:53']);
});

test('fills in every default', () => {
  const read = config('gateways: { main: { listen-addr: ":23790", endpoints: [a:1] } }');
  const main = { listen: [addressOf(':23790')], endpoints: endpointsAt('a:1') };
  assert.equal(read, { ...configOf(gatewayConfig(main)), admin: defaultAdmin });
});

test('takes up what is written', () => {
  const { settings, ...main } = gateway(`
    listen-addr: [":1", "unix:/run/a.sock"]
    listen-mode: "600"
    endpoints: [{ addr: "a:1", weight: 0, priority: 2, max-sessions: 5, drain: true }]
    discovery-srv: example.com
    discovery-srv-name: prod
    trusted-ca-file: /ca
    member-discovery: { interval: 1m, username: u, password-file: /p, tls: { ca-file: /c } }
    retry-delay: 1h30m
    keepalive: 1100ms
    health-check: { type: etcd, tls: {} }
    rebalance: { tolerance: 12.5% }
    allow: [10.0.0.1, "::1", 10.0.0.0/8]`);
  assert.equal(main.listen[1], { kind: 'unix', path: '/run/a.sock' });
  assert.equal(main.endpoints[0], {
    address: { kind: 'tcp', host: 'a', port: 1 },
    weight: 0,
    priority: 2,
    maxSessions: 5,
    drain: true,
  });
  assert.equal(main.srvDiscovery, {
    domain: 'example.com',
    serviceName: 'prod',
    insecure: false,
    trustedCaFile: '/ca',
  });
  assert.equal(main.memberDiscovery, {
    intervalMs: 60_000,
    tls: { caFile: '/c', certFile: undefined, keyFile: undefined, serverName: undefined },
    username: 'u',
    passwordFile: '/p',
  });
  assert.is(settings.listenMode, 0o600);
  assert.is(settings.retryDelayMs, 5_400_000);
  assert.is(settings.keepaliveMs, 2_000);
  assert.is(settings.healthCheck.type, 'etcd');
  assert.is(settings.healthCheck.tls?.caFile, undefined);
  assert.equal(settings.rebalance, { toleranceRatio: 0.125, quietForMs: 5_000, maxPerSecond: 1 });
  assert.equal(settings.allow, ['10.0.0.1/32', '::1/128', '10.0.0.0/8']);
});

test('knows an admin address that the user wrote from the default', () => {
  const head = 'gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }\n';
  const written = config(`${head}admin: { listen-addr: 127.0.0.1:23791 }`).admin;
  assert.is(written.explicit, true);
  assert.equal(config(`${head}admin: { listen-addr: off }`).admin.listen, undefined);
  assert.is(config(`${head}admin: { token-file: /t }`).admin.explicit, false);
  assert.is(config(`${head}admin: { token-file: /t }`).admin.taken, undefined);
});

test('does without the admin server where a gateway has its default address', () => {
  for (const listen of [
    '127.0.0.1:23791',
    ':23791',
    '[::]:23791',
    'localhost:23791',
    '0.0.0.0:23791',
  ]) {
    const { admin } = config(
      `gateways: { a.b: { listen-addr: [":1", "${listen}"], endpoints: [a:1] } }`,
    );
    assert.is(admin.listen, undefined);
    assert.equal(admin.taken, { address: '127.0.0.1:23791', by: 'gateways["a.b"].listen-addr[1]' });
  }
  for (const listen of ['[::1]:23791', '127.0.0.2:23791', ':23790', 'unix:/a']) {
    const { admin } = config(`gateways: { main: { listen-addr: "${listen}", endpoints: [a:1] } }`);
    assert.equal(admin.listen, { kind: 'tcp', host: '127.0.0.1', port: 23791 });
    assert.is(admin.taken, undefined);
  }
});

test('takes names for gateways that objects have of their own', () => {
  const text = 'gateways: { toString: { listen-addr: ":1", endpoints: [a:1] } }';
  assert.is(config(text).gateways[0]?.name, 'toString');
});

test('follows aliases', () => {
  const { settings } = gateway(
    '{ listen-addr: ":1", endpoints: [a:1], retry-delay: &t 7s, idle-timeout: *t }',
  );
  assert.is(settings.idleTimeoutMs, 7_000);
});

test('gives a value that nobody can change', () => {
  const frozen = config('gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }');
  eachObject(frozen, (part) => assert.ok(Object.isFrozen(part)));
});

test('gives equal values for equal files', () => {
  const text = readFileSync(new URL('gateway.example.yaml', root), 'utf8');
  assert.equal(config(text), config(`# a comment\n${text}`));
});

for (const file of ['gateway.example.yaml', 'config/minimal.yaml']) {
  test(`accepts ${file}`, () => {
    assert.ok(config(readFileSync(new URL(file, root), 'utf8')).gateways.length > 0);
  });
}

test('takes as many endpoints as the schema allows, each with all its keys', () => {
  const keys = 'weight: 1, priority: 0, max-sessions: 0, drain: false';
  const lines = Array.from({ length: 10_000 }, (_, at) => `  - { addr: "h${at}:1", ${keys} }\n`);
  const [gateway] = config(
    `gateways:\n main:\n  listen-addr: ":23790"\n  endpoints:\n${lines.join('')}`,
  ).gateways;
  assert.is(gateway?.endpoints.length, 10_000);
});

test('shows every key in the example', () => {
  const example: unknown = parseYaml(readFileSync(new URL('gateway.example.yaml', root), 'utf8'));
  const missing = keysOf(schema, schema, example).filter(({ shown }) => !shown);
  assert.equal(
    missing.map(({ path }) => path),
    [],
  );
});

interface Key {
  readonly path: string;
  readonly shown: boolean;
}

/** All keys that the schema knows, and whether some value among `values` has them. */
function keysOf(top: SchemaNode, node: SchemaNode, ...values: readonly unknown[]): readonly Key[] {
  const { properties, additionalProperties, items } = resolve(top, node);
  const records = values.map(recordIn);
  const own = Object.entries(properties ?? {}).flatMap(([key, property]) => {
    const below = records.map((record) => record[key]).filter((value) => value !== undefined);
    const nested = keysOf(top, property, ...below);
    return [{ path: key, shown: below.length > 0 }, ...nested.map(under(key))];
  });
  const entries = additionalProperties
    ? keysOf(top, additionalProperties, ...records.flatMap((record) => Object.values(record)))
    : [];
  const lists = items ? keysOf(top, items, ...values.flatMap(listIn)) : [];
  return [...own, ...entries.map(under('*')), ...lists.map(under('[]'))];
}

function under(prefix: string): (key: Key) => Key {
  return ({ path, shown }) => ({ path: `${prefix}.${path}`, shown });
}

function eachObject(value: unknown, visit: (part: object) => void): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value);
  for (const part of Object.values(value)) eachObject(part, visit);
}

function gateway(text: string): GatewayConfig {
  const [main] = config(`gateways:\n  main: ${text}\n`).gateways;
  if (main === undefined) throw new Error('there is no gateway');
  return main;
}

function config(text: string): Config {
  const parsed = parseConfig(Buffer.from(text), 'f');
  if (parsed.kind === 'config') return parsed.config;
  throw new Error(JSON.stringify(parsed.problems));
}

test.run();
