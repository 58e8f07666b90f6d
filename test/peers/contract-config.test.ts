import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runProgram, type Outcome } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';

const test = suite('what is said of a configuration');

async function check(scope: Scope, text: string | Uint8Array): Promise<Outcome> {
  const cwd = await scope.tempDir();
  await writeFile(join(cwd, 'g.yaml'), text);
  return runProgram(['check', 'g.yaml'], { cwd });
}

const head = 'gateways:\n  main:\n    listen-addr: 127.0.0.1:2\n';
const good = `${head}    endpoints: [h:2379]\n`;

/** Name of the mistake, the text, and how its only line begins. */
const mistakes: readonly (readonly [string, string, string])[] = [
  ['an endpoint twice', `${head}    endpoints: [h:1, h:1]\n`, 'g.yaml:4:22: gateways.main.endp'],
  ['no gateway', 'gateways: {}\n', 'g.yaml:1:11: gateways: '],
  ['no endpoint at all', head, 'g.yaml:2:3: gateways.main: '],
  ['no listener', 'gateways: { main: { endpoints: [h:1] } }\n', 'g.yaml:1:13: gateways.main'],
  ['an unknown key', `${good}logs: {}\n`, 'g.yaml:5:1: logs: unknown key (did you mean log?)'],
  [
    'a key in camel case',
    `${good}    retryDelay: 1m\n`,
    'g.yaml:5:5: gateways.main.retryDelay: unknown key (did you mean retry-delay?)',
  ],
  ['a duration without unit', `${good}    retry-delay: 5\n`, 'g.yaml:5:18: gateways.main.retry-'],
  ['a negative duration', `${good}    retry-delay: -1s\n`, 'g.yaml:5:18: gateways.main.retry-'],
  ['a duration of words', `${good}    retry-delay: soon\n`, 'g.yaml:5:18: gateways.main.retry-'],
  ['min-ttl below 1s', `${good}dns: { min-ttl: 999ms }\n`, 'g.yaml:5:17: dns.min-ttl: '],
  ['min-ttl above max-ttl', `${good}dns: { min-ttl: 2h }\n`, 'g.yaml:5:17: dns.min-ttl: '],
  ['a log level', `${good}log: { level: trace }\n`, 'g.yaml:5:15: log.level: '],
  ['a log format', `${good}log: { format: xml }\n`, 'g.yaml:5:16: log.format: '],
  ['a word for a truth', `${good}reload: { watch: maybe }\n`, 'g.yaml:5:18: reload.watch: '],
  ['a text for a list', `${good}dns: { servers: "9.9.9.9:53" }\n`, 'g.yaml:5:17: dns.servers: '],
  [
    'a weight',
    `${head}    endpoints: [{ addr: h:1, weight: -1 }]\n`,
    'g.yaml:4:38: gateways.main.',
  ],
  [
    'half a weight',
    `${head}    endpoints: [{ addr: h:1, weight: 1.5 }]\n`,
    'g.yaml:4:38: gateways',
  ],
  [
    'a shared listener',
    `${good}  other: { listen-addr: 127.0.0.1:2, endpoints: [h:1] }\n`,
    'g.yaml:5:25: gateways.other.listen-addr: ',
  ],
  [
    'a listener that a wildcard covers',
    `${good}  other: { listen-addr: ":2", endpoints: [h:1] }\n`,
    'g.yaml:5:25: gateways.other.listen-addr: ',
  ],
  [
    'itself as its endpoint',
    `${head}    endpoints: [127.0.0.1:2]\n`,
    'g.yaml:4:17: gateways.main.',
  ],
  ['a duplicate key', `${good}    listen-addr: :3\n`, 'g.yaml:5:5: gateways.main.listen-addr: '],
  ['a duplicate top key', `${good}gateways: {}\n`, 'g.yaml:5:1: gateways: '],
  ['__proto__', `${good}    __proto__: {}\n`, 'g.yaml:5:5: gateways.main.__proto__: '],
  ['constructor', `${good}constructor: {}\n`, 'g.yaml:5:1: constructor: '],
  ['a tab', 'gateways:\n\tmain: {}\n', 'g.yaml:2:1: '],
  ['two documents', `${good}---\n${good}`, 'g.yaml:5:1: '],
  ['an empty file', '', 'g.yaml:1:1: '],
  ['a list', '- a\n', 'g.yaml:1:1: '],
  ['a word', 'gateways\n', 'g.yaml:1:1: '],
];

for (const [name, text, begin] of mistakes) {
  test(
    `refused in one line that says what to write: ${name}`,
    scoped(async (scope) => {
      const { code, stdout, stderr } = await check(scope, text);
      assert.is(code, 78);
      assert.is(stdout, '');
      assert.ok(stderr.startsWith(begin), stderr);
      for (const line of stderr.trimEnd().split('\n')) {
        assert.match(line, /^g\.yaml:\d+:\d+: ([a-z_].*: )?.+ \(.+\)$/);
      }
    }),
  );
}

const notEndpoints = [
  ...[
    'h:99999',
    'h:http',
    'h:-5',
    'h:2379abc',
    'h:0',
    'h:0x10',
    'h:+1',
    ':2379',
    'h',
    '""',
    '2379',
  ],
  ...['null', '"u@h:1"', '"h:1/x"', '"::1"', '[a]', '"h :1"', '"*:1"', '"0.0.0.0:1"', '"[::]:1"'],
  ...['"unix:"', '"unix:x"', '300.1.1.1:1', '{ weight: 1 }', '{ addr: h:1, wieght: 1 }'],
];

test(
  'each entry that is no endpoint is refused in a line of its own',
  scoped(async (scope) => {
    const entries = notEndpoints.map((entry) => `      - ${entry}\n`).join('');
    const { code, stderr } = await check(scope, `${head}    endpoints:\n${entries}`);
    assert.is(code, 78);
    const lines = stderr.split('\n').slice(0, 20);
    for (const [at, line] of lines.entries()) {
      assert.match(
        line,
        new RegExp(`^g\\.yaml:${at + 5}:9: gateways\\.main\\.endpoints\\[${at}\\]`),
      );
      assert.match(line, / \(.+\)$/);
    }
  }),
);

test(
  'a scheme is refused with the address to write',
  scoped(async (scope) => {
    const { stderr } = await check(scope, `${head}    endpoints: ["https://h:2379"]\n`);
    assert.match(stderr, 'g.yaml:4:17: gateways.main.endpoints[0]: ');
    assert.match(stderr, '(write h:2379)');
  }),
);

test(
  'an IPv6 host without brackets is refused with the brackets',
  scoped(async (scope) => {
    const { stderr } = await check(scope, `${head}    endpoints: ["::1:2379"]\n`);
    assert.match(stderr, '[::1]:2379');
  }),
);

test(
  'all mistakes are told at once, in the order of the file, and at most twenty',
  scoped(async (scope) => {
    const lines = Array.from({ length: 30 }, (_, at) => `bad${at}: 1\n`);
    const { code, stderr } = await check(scope, good + lines.join(''));
    assert.is(code, 78);
    const told = stderr.split('\n').filter((line) => line.includes('unknown key'));
    assert.is(told.length, 20);
    assert.match(told[0] ?? '', /^g\.yaml:5:1: bad0: /);
    assert.match(told[19] ?? '', /^g\.yaml:24:1: bad19: /);
  }),
);

const laughs = Array.from(
  { length: 9 },
  (_, at) => `b${at + 1}: &b${at + 1} [${Array(9).fill(`*b${at}`).join(', ')}]\n`,
).join('');

const hostile: readonly (readonly [string, string | Uint8Array])[] = [
  ['aliases that explode', `b0: &b0 [x, x, x, x, x, x, x, x, x]\n${laughs}`],
  ['an alias inside of itself', 'gateways: &a { b: *a }\n'],
  ['20,000 nested lists', '['.repeat(20_000)],
  ['binary bytes', Uint8Array.from({ length: 4_096 }, (_, at) => (at * 7) % 256)],
  ['more than 1 MiB', `${good}#${'x'.repeat(1_050_000)}\n`],
  ['5 MiB', Buffer.alloc(5 * 1024 * 1024, 'a: 1\n')],
];

for (const [name, bytes] of hostile) {
  test(
    `a hostile file gets short words: ${name}`,
    scoped(async (scope) => {
      const { code, stdout, stderr } = await check(scope, bytes);
      assert.is(code, 78);
      assert.is(stdout, '');
      assert.ok(stderr.length < 1_000, stderr);
      assert.match(stderr, /^g\.yaml:\d+:\d+: /);
      assert.not.match(stderr, /^ +at /m);
    }),
  );
}

const valid: readonly (readonly [string, string])[] = [
  ['CRLF line ends', good.replaceAll('\n', '\r\n')],
  ['a byte order mark', `\u{FEFF}${good}`],
  ['JSON', '{"gateways":{"main":{"listen-addr":":2","endpoints":["h:1"]}}}'],
  [
    'an anchor and its alias',
    `${head}    endpoints: &e [h:1]\n  b: { listen-addr: :3, endpoints: *e }\n`,
  ],
  ['a discovery and no endpoint', `${head}    discovery-srv: example.com\n`],
  [
    'a list of listeners',
    'gateways: { m: { listen-addr: [":2", "[::1]:3"], endpoints: [h:1] } }\n',
  ],
  ['IPv6 endpoints', `${head}    endpoints: ["[::1]:2379", "[2001:db8::1]:2379"]\n`],
  ['durations of Go', `${good}    retry-delay: 1h2m3.5s\ndns: { timeout: 1500ms }\n`],
  ['min-ttl of 1s', `${good}dns: { min-ttl: 1s }\n`],
  ['no admin server', `${good}admin: { listen-addr: off }\n`],
];

for (const [name, text] of valid) {
  test(
    `valid: ${name}`,
    scoped(async (scope) => {
      const { code, stdout, stderr } = await check(scope, text);
      assert.is(code, 0, stderr);
      assert.is(stderr, '');
      assert.ok(stdout.length > 0);
    }),
  );
}

test('valid: a file with every key that the first page shows', async () => {
  const { code, stderr } = await runProgram(['check', '-'], { stdin: everyKey });
  assert.is(code, 0, stderr);
});

const everyKey = `# yaml-language-server: $schema=./schemas/gateway.schema.json
gateways:
  main:
    listen-addr: 127.0.0.1:23790
    endpoints:
      - infra0.example.com:2379
      - { addr: infra1.example.com:2379, weight: 10, priority: 0 }
    retry-delay: 1m
    discovery-srv: example.com
    discovery-srv-name: ""
    insecure-discovery: false
    trusted-ca-file: /etc/ssl/etcd/ca.pem
dns: { servers: [], timeout: 2s, min-ttl: 5s, max-ttl: 1h }
reload: { watch: true, quiet-period: 100ms }
shutdown: { drain-timeout: 30s }
log: { level: info, format: auto }
admin: { listen-addr: 127.0.0.1:23791 }
`;

test(
  'says of what it cannot read that it cannot, without a stack trace',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    await mkdir(join(dir, 'sub'));
    for (const file of ['missing.yaml', 'sub', 'sub/missing.yaml']) {
      const { code, stdout, stderr } = await runProgram(['check', file], { cwd: dir });
      assert.is(code, 78);
      assert.is(stdout, '');
      assert.match(stderr, new RegExp(`^${file}: [^\n]+\n$`));
    }
  }),
);

test.run();
