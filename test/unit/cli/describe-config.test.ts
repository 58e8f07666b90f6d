import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { describeConfig } from '../../../src/cli/describe-config.js';
import { parseConfig } from '../../../src/config/parse.js';

const test = suite('description of a configuration');

test('says what runs, and of settings the noteworthy', () => {
  assert.equal(described('gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }'), [
    'gateway main',
    '  listens on   :1',
    '  endpoint     a:1',
    '  balancer     round-robin',
    '  retry delay  at most 1m0s',
    '',
    'admin     127.0.0.1:23791',
    "dns       the system's servers",
    'reload    when the file changes, and on SIGHUP',
    'shutdown  sessions may go on for 30s',
    'log       info, auto',
  ]);
});

test('says everything that was set', () => {
  const text = `
gateways:
  main:
    listen-addr: [":1", "unix:/a"]
    endpoints: [a:1, { addr: "b:1", weight: 0, priority: 3, max-sessions: 9, drain: true }]
    discovery-srv: example.com
    discovery-srv-name: prod
    insecure-discovery: true
    member-discovery: { interval: 10s }
    max-sessions: 5
    idle-timeout: 1h
    max-session-age: 12h
    drain-timeout: 5m
    slow-start: 30s
    on-eject: close
    health-check: { type: tcp }
    rebalance: {}
    allow: [10.0.0.0/8]
    deny: [10.0.0.1]
dns: { servers: ["10.0.0.53:53"] }
admin: { listen-addr: off }
reload: { watch: false }
`;
  assert.equal(described(text), [
    'gateway main',
    '  listens on     :1',
    '                 unix:/a',
    '  seed           a:1',
    '                 b:1, weight 0, priority 3, at most 9 sessions, draining',
    '  discovers      SRV records of example.com, service name prod, not verified',
    '                 the member list, every 10s, in plaintext',
    '  balancer       round-robin',
    '  retry delay    at most 1m0s',
    '  health check   tcp, every 5s',
    '  sessions       at most 5',
    '  idle timeout   1h0m0s',
    '  session age    at most 12h0m0s',
    '  drain timeout  5m0s',
    '  slow start     30s',
    '  on eject       close sessions',
    '  rebalance      beyond 20%',
    '  allow          10.0.0.0/8',
    '  deny           10.0.0.1/32',
    '',
    'admin     off',
    'dns       10.0.0.53:53',
    'reload    on SIGHUP',
    'shutdown  sessions may go on for 30s',
    'log       info, auto',
  ]);
});

test('shows the first of many endpoints and counts the rest', () => {
  const endpoints = Array.from({ length: 50 }, (_, at) => `h${at}:1`).join(', ');
  const lines = described(`gateways: { main: { listen-addr: ":1", endpoints: [${endpoints}] } }`);
  assert.ok(lines.includes('               and 30 more'), lines.join('\n'));
});

function described(text: string): readonly string[] {
  const parsed = parseConfig(Buffer.from(text), 'f');
  if (parsed.kind === 'config') return describeConfig(parsed.config);
  throw new Error(JSON.stringify(parsed.problems));
}

test.run();
