import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseArguments, type Arguments } from '../../../src/cli/arguments.js';

const test = suite('arguments');

const understood: readonly (readonly [line: string, args: Arguments])[] = [
  ['', { command: 'nothing' }],
  ['start', { command: 'start' }],
  ['start --config a.yaml', { command: 'start', config: 'a.yaml' }],
  ['--config=a.yaml start', { command: 'start', config: 'a.yaml' }],
  ['start --endpoints a:1,b:2', { command: 'start', flags: { endpoints: ['a:1', 'b:2'] } }],
  [
    '--endpoints=a:1 start --endpoints=b:2 --retry-delay 5s',
    { command: 'start', flags: { endpoints: ['a:1', 'b:2'], 'retry-delay': '5s' } },
  ],
  [
    'start --insecure-discovery --discovery-srv example.com',
    {
      command: 'start',
      flags: { endpoints: [], 'insecure-discovery': 'true', 'discovery-srv': 'example.com' },
    },
  ],
  [
    'start --insecure-discovery=false',
    { command: 'start', flags: { endpoints: [], 'insecure-discovery': 'false' } },
  ],
  [
    'start --listen-addr :1 --listen-addr :2',
    { command: 'start', flags: { endpoints: [], 'listen-addr': ':2' } },
  ],
  ['check', { command: 'check', options: { path: '/etc/etcd-gateway.yaml', strict: false } }],
  ['check a.yaml', { command: 'check', options: { path: 'a.yaml', strict: false } }],
  ['check -', { command: 'check', options: { path: '-', strict: false } }],
  ['check -- --strange', { command: 'check', options: { path: '--strange', strict: false } }],
  [
    'check a.yaml --against',
    { command: 'check', options: { path: 'a.yaml', strict: false, against: {} } },
  ],
  [
    'check --against --strict --admin unix:/a --token-file=/t',
    {
      command: 'check',
      options: {
        path: '/etc/etcd-gateway.yaml',
        strict: true,
        against: { admin: 'unix:/a', tokenFile: '/t' },
      },
    },
  ],
  ['status', { command: 'status', options: { json: false, watch: false } }],
  [
    'status --json --admin unix:/a --token-file /t',
    {
      command: 'status',
      options: { admin: 'unix:/a', tokenFile: '/t', json: true, watch: false },
    },
  ],
  [
    'sessions close 1 2',
    {
      command: 'close-sessions',
      options: { ids: ['1', '2'], endpoint: undefined, olderThanMs: undefined },
    },
  ],
  [
    'sessions main/a:1 --json',
    {
      command: 'sessions',
      options: { ids: [], endpoint: 'main/a:1', olderThanMs: undefined, json: true },
    },
  ],
  [
    'drain main/a:1 --wait --timeout=5m',
    {
      command: 'drain',
      options: { endpoint: 'main/a:1', draining: true, wait: true, timeoutMs: 300_000 },
    },
  ],
  [
    'undrain main/a:1',
    {
      command: 'undrain',
      options: { endpoint: 'main/a:1', draining: false, wait: false, timeoutMs: undefined },
    },
  ],
  [
    'status main --watch',
    { command: 'status', options: { gateway: 'main', json: false, watch: true } },
  ],
  ['events', { command: 'events', options: { follow: false, json: false } }],
  [
    'events --follow --json --admin :1',
    { command: 'events', options: { admin: ':1', follow: true, json: true } },
  ],
  ['reload --admin=:1', { command: 'reload', options: { admin: ':1' } }],
  ['schema', { command: 'schema' }],
  ['--version', { command: 'version' }],
  ['-v', { command: 'version' }],
  ['version', { command: 'version' }],
  ['help version', { command: 'help', topic: 'version' }],
  ['start --version', { command: 'version' }],
  ['--help', { command: 'help', topic: undefined }],
  ['-h', { command: 'help', topic: undefined }],
  ['help', { command: 'help', topic: undefined }],
  ['help start', { command: 'help', topic: 'start' }],
  ['start --help', { command: 'help', topic: 'start' }],
];

for (const [line, args] of understood) {
  test(`understands "${line}"`, () => assert.equal(parse(line), args));
}

const refused: readonly (readonly [line: string, problem: string, hint: string])[] = [
  ['stat', 'unknown command stat', 'did you mean status?'],
  ['status --admin /run/x.sock', '--admin: "/run/x.sock" is a path', 'write unix:/run/x.sock'],
  ['reload --admin 24792', '--admin: 24792 is a port alone', 'write 127.0.0.1:24792'],
  ['status --admin=foo', '--admin: "foo" has no port', 'write foo:23791'],
  ['start --retry-delay --endpoints x', '--retry-delay has no value', 'write --retry-delay=VALUE'],
  ['strat', 'unknown command strat', 'did you mean start?'],
  [
    'frobnicate',
    'unknown command frobnicate',
    'commands: start, check, reload, status, events, sessions, drain, undrain, schema, version, help',
  ],
  ['help strat', 'unknown command strat', 'did you mean start?'],
  ['start --endpoint=a:1', 'start takes no --endpoint', 'did you mean --endpoints?'],
  ['start --frobnicate', 'unknown flag --frobnicate', 'see etcd-gateway help'],
  [
    '--endpoints=a:1',
    'the command is missing',
    'write etcd-gateway start, or see etcd-gateway help',
  ],
  [
    'start --config a --endpoints b:1',
    '--config and --endpoints exclude each other',
    'write everything into the file, or leave --config out',
  ],
  ['start --config=', '--config is empty', 'write --config=FILE'],
  ['start --config', '--config has no value', 'write --config=VALUE'],
  ['start a.yaml', 'start does not take "a.yaml"', 'see etcd-gateway help start'],
  ['status a b', 'status does not take "b"', 'see etcd-gateway help status'],
  ['check a b', 'check does not take "b"', 'see etcd-gateway help check'],
  ['check --json', 'check takes no --json', 'see etcd-gateway help check'],
  [
    'start --insecure-discovery=maybe',
    '--insecure-discovery=maybe is neither true nor false',
    'write --insecure-discovery',
  ],
];

for (const [line, problem, hint] of refused) {
  test(`refuses "${line}"`, () => {
    assert.equal(parse(line), { command: 'usage', problem, hint });
  });
}

test('names an empty command, as a script with an unset variable gives it', () => {
  const usage = parseArguments(['']);
  assert.is(usage.command === 'usage' && usage.problem, 'unknown command ""');
});

function parse(line: string): Arguments {
  return parseArguments(line === '' ? [] : line.split(' '));
}

test.run();
