import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResolvConf, ResolvConfFile, type ResolvConf } from '../../../src/dns/resolv-conf.js';
import { Events } from '../../support/dns-fixtures.js';
import { scoped } from '../../support/scope.js';

const test = suite('resolv.conf');

const local = ['127.0.0.1', '::1'];
const usual = { search: [], ndots: 1, timeoutMs: undefined, attempts: 2 };

type Shown = Partial<Omit<ResolvConf, 'servers'> & { servers: readonly string[] }>;

const cases: readonly (readonly [what: string, text: string, expected: Shown])[] = [
  ['an empty file', '', { servers: local }],
  [
    'servers',
    'nameserver 10.0.0.1\nnameserver\t2001:db8::1 \n',
    { servers: ['10.0.0.1', '2001:db8::1'] },
  ],
  [
    'three servers at most',
    [1, 2, 3, 4].map((n) => `nameserver 10.0.0.${n}`).join('\n'),
    {
      servers: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    },
  ],
  ['a link-local server with its zone', 'nameserver fe80::53%eth0', { servers: ['fe80::53%eth0'] }],
  ['the case of a zone', 'NAMESERVER fe80::53%Eth0', { servers: ['fe80::53%Eth0'] }],
  ['a zone by its number', 'nameserver fe80::53%2', { servers: ['fe80::53%2'] }],
  [
    'no server that is no address',
    'nameserver ns.test\nnameserver 10.0.0.300\nnameserver',
    { servers: local },
  ],
  [
    'comments',
    '# nameserver 10.0.0.1\n; search a.test\n  #options rotate\nnameserver 10.0.0.2 # mine',
    {
      servers: ['10.0.0.2'],
    },
  ],
  [
    'lines of Windows',
    'nameserver 10.0.0.1\r\nsearch a.test\r\n',
    { servers: ['10.0.0.1'], search: ['a.test'] },
  ],
  [
    'search domains',
    'search NS.svc.test. svc.test\t.  test',
    { search: ['ns.svc.test', 'svc.test', 'test'] },
  ],
  [
    'the last of several searches',
    'search a.test\nsearch b.test c.test',
    { search: ['b.test', 'c.test'] },
  ],
  ['domain', 'domain a.test', { search: ['a.test'] }],
  ['search after domain', 'domain a.test\nsearch b.test', { search: ['b.test'] }],
  ['domain after search', 'search b.test c.test\ndomain a.test', { search: ['a.test'] }],
  ['no domain that is none', 'search -a.test ok.test b..test', { search: ['ok.test'] }],
  [
    'options',
    'options ndots:5 timeout:3 attempts:4 rotate use-vc edns0',
    {
      ...{ ndots: 5, timeoutMs: 3_000, attempts: 4, rotate: true, overTcp: true },
    },
  ],
  ['options over several lines', 'options ndots:2\noptions rotate', { ndots: 2, rotate: true }],
  [
    'keywords in any case',
    'NameServer 10.0.0.1\nSEARCH a.test\nOptions NDots:3 ROTATE Use-VC',
    {
      ...{ servers: ['10.0.0.1'], search: ['a.test'], ndots: 3, rotate: true, overTcp: true },
    },
  ],
  [
    'options beyond their bounds',
    'options ndots:99 timeout:0 attempts:0',
    {
      ...{ ndots: 15, timeoutMs: 1_000, attempts: 1 },
    },
  ],
  ['options that make no sense', 'options ndots:x timeout: attempts:-1 ndots', {}],
  ['ndots:0', 'options ndots:0', { ndots: 0 }],
  ['what nobody knows', 'sortlist 10.0.0.0\nfamily inet6\n\u0000', {}],
];

for (const [what, text, expected] of cases) {
  test(`reads ${what}`, () => {
    const { servers, ...rest } = parseResolvConf(text, 'alone');
    assert.equal(
      { ...rest, servers: servers.map(({ host }) => host) },
      { ...usual, rotate: false, overTcp: false, servers: local, ...expected },
    );
    assert.ok(servers.every(({ port }) => port === 53));
  });
}

test('makes something of any text', () => {
  const words = [
    'nameserver',
    'search',
    'options',
    '10.0.0.1',
    'ndots:',
    ':',
    '%',
    '.',
    '9',
    '\n',
    ' ',
    '#',
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string()))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.string(), (written, ownName) => {
      const conf = parseResolvConf(written, ownName);
      assert.ok(conf.servers.length >= 1 && conf.servers.length <= 3);
      assert.ok(conf.ndots >= 0 && conf.ndots <= 15 && conf.attempts >= 1 && conf.attempts <= 5);
      assert.ok(conf.search.length <= 32 && conf.search.every((domain) => !domain.endsWith('.')));
    }),
  );
});

test("searches the machine's own domain where the file names none", () => {
  assert.equal(parseResolvConf('', 'gw1.Example.test').search, ['example.test']);
  assert.equal(parseResolvConf('', 'gw1').search, []);
  assert.equal(parseResolvConf('search a.test', 'gw1.example.test').search, ['a.test']);
});

test(
  'is read again when it has changed, in place or by another file',
  scoped(async (scope) => {
    const path = join(await scope.tempDir(), 'resolv.conf');
    const file = new ResolvConfFile(() => undefined, path);
    const servers = async () => (await file.content()).servers.map(({ host }) => host);
    assert.equal(await servers(), local);
    await writeFile(path, 'nameserver 10.0.0.1\n');
    assert.equal(await servers(), ['10.0.0.1']);
    await writeFile(path, 'nameserver 10.0.0.2\n');
    assert.equal(await servers(), ['10.0.0.2']);
    await writeFile(`${path}.new`, 'nameserver 10.0.0.3\n');
    await rename(`${path}.new`, path);
    assert.equal(await servers(), ['10.0.0.3']);
    await rm(path);
    assert.equal(await servers(), local);
  }),
);

test(
  'that cannot be read counts for what it said last, and that is told once',
  scoped(async (scope) => {
    const events = new Events();
    const folder = join(await scope.tempDir(), 'folder');
    const path = join(folder, 'resolv.conf');
    const file = new ResolvConfFile(events.observe, path);
    const servers = async () => (await file.content()).servers.map(({ host }) => host);
    await mkdir(folder);
    await writeFile(path, 'nameserver 10.0.0.1\n');
    assert.equal(await servers(), ['10.0.0.1']);
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    assert.equal([await servers(), await servers()], [['10.0.0.1'], ['10.0.0.1']]);
    await rm(folder);
    await mkdir(folder);
    await writeFile(path, 'nameserver 10.0.0.2\n');
    assert.equal(await servers(), ['10.0.0.2']);
    assert.equal(
      events.of('notice').map(({ message }) => message),
      [
        'resolv.conf cannot be read, its last content stays in use',
        'resolv.conf can be read again',
      ],
    );
  }),
);

test.run();
