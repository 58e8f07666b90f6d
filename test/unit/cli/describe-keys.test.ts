import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { describeKeys } from '../../../src/cli/describe-keys.js';
import { parseConfig } from '../../../src/config/parse.js';

const test = suite('the keys that a file sets');

function keysOf(text: string): readonly (readonly string[])[] {
  const bytes = Buffer.from(text);
  const parsed = parseConfig(bytes, 'f');
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems));
  return describeKeys(bytes, parsed.config).map((line) => line.trim().split(/ {2,}/));
}

test('are all there, those with a default value, too, and no others', () => {
  const keys = keysOf(`
gateways:
  main:
    listen-addr: 127.0.0.1:1
    endpoints: [a:1, b:1]
    idle-timeout: 90s
    balancer: round-robin
    health-check: { type: tcp }
    rebalance: {}
    allow: [10.0.0.1]
  in.two:
    listen-addr: [":2", "unix:/a"]
    endpoints:
      - a:1
      - { addr: "b:1", weight: 0, drain: true }
dns: { servers: ["10.0.0.53:53"], timeout: 2s }
reload: { watch: false }
log: { sessions: true }
`);
  assert.equal(keys, [
    ['gateways.main.listen-addr', '127.0.0.1:1'],
    ['gateways.main.endpoints', 'a:1, b:1'],
    ['gateways.main.idle-timeout', '1m30s'],
    ['gateways.main.balancer', 'round-robin'],
    ['gateways.main.health-check.type', 'tcp'],
    ['gateways.main.rebalance', '{}'],
    ['gateways.main.allow', '10.0.0.1/32'],
    ['gateways["in.two"].listen-addr', ':2, unix:/a'],
    ['gateways["in.two"].endpoints[0]', 'a:1'],
    ['gateways["in.two"].endpoints[1].addr', 'b:1'],
    ['gateways["in.two"].endpoints[1].weight', '0'],
    ['gateways["in.two"].endpoints[1].drain', 'true'],
    ['dns.servers', '10.0.0.53:53'],
    ['dns.timeout', '2s'],
    ['reload.watch', 'false'],
    ['log.sessions', 'true'],
  ]);
});

test('hide what may be a secret that stands where a file should be named', () => {
  const main = 'gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }';
  const keys = keysOf(`${main}\nadmin: { listen-addr: ":2", token-file: sesame }`);
  assert.equal(keys.at(-1), ['admin.token-file', '(hidden)']);
  const named = keysOf(`${main}\nadmin: { listen-addr: ":2", token-file: /etc/token }`);
  assert.equal(named.at(-1), ['admin.token-file', '/etc/token']);
});

test('are told by their first items where lists are long', () => {
  const list = Array.from({ length: 50 }, (_, n) => `{ addr: "h${n}:1" }`);
  const keys = keysOf(`gateways: { main: { listen-addr: ":1", endpoints: [${list.join()}] } }`);
  assert.equal(keys.at(-1), ['gateways.main.endpoints', 'and 30 more']);
  assert.is(keys.length, 22);
});

test.run();
