import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostsFile, parseHosts } from '../../../src/dns/hosts-file.js';
import { Events } from '../../support/dns-fixtures.js';

const test = suite<{ folder: string }>('hosts file');

test.before.each(async (world) => {
  world.folder = await mkdtemp(join(tmpdir(), 'hosts-'));
});

test.after.each(({ folder }) => rm(folder, { recursive: true }));

test('reads names and aliases, IPv4 first, and passes comments and nonsense over', () => {
  const hosts = parseHosts(
    [
      '# a comment',
      '::1 localhost ip6-localhost',
      '127.0.0.1\tlocalhost # another',
      '10.0.0.1 Infra0.example.test. infra0',
      '10.0.0.1 infra0',
      'not-an-address infra9',
      '10.0.0.999 infra9',
      '10.0.0.3',
      '',
    ].join('\r\n'),
  );
  assert.equal(hosts.get('localhost'), ['127.0.0.1', '::1']);
  assert.equal(hosts.get('infra0.example.test'), ['10.0.0.1']);
  assert.equal(hosts.get('infra0'), ['10.0.0.1']);
  assert.is(hosts.has('infra9'), false);
});

test('knows nobody while the file is missing', async ({ folder }) => {
  const file = new HostsFile(new Events().observe, join(folder, 'hosts'));
  assert.equal(await file.addressesOf('infra0'), []);
});

test('sees a changed file, whatever the case of the name', async ({ folder }) => {
  const path = join(folder, 'hosts');
  const file = new HostsFile(new Events().observe, path);
  await writeFile(path, '10.0.0.1 infra0\n');
  assert.equal(await file.addressesOf('INFRA0.'), ['10.0.0.1']);
  await writeFile(join(folder, 'new'), '10.0.0.2 infra0\n');
  await rename(join(folder, 'new'), path);
  assert.equal(await file.addressesOf('infra0'), ['10.0.0.2']);
  await rm(path);
  assert.equal(await file.addressesOf('infra0'), []);
});

test('says once that it cannot read the file, and keeps what that said last', async ({
  folder,
}) => {
  const events = new Events();
  const below = join(folder, 'below');
  const file = new HostsFile(events.observe, join(below, 'hosts'));
  await mkdir(below);
  await writeFile(join(below, 'hosts'), '10.0.0.1 infra0\n');
  assert.equal(await file.addressesOf('infra0'), ['10.0.0.1']);
  await rm(below, { recursive: true });
  await writeFile(below, '');
  assert.equal(await file.addressesOf('infra0'), ['10.0.0.1']);
  assert.equal(await file.addressesOf('infra0'), ['10.0.0.1']);
  const told = events.of('notice');
  assert.equal(
    told.map(({ fields }) => fields.reason),
    ['a part of its path is not a directory'],
  );
  await rm(below);
  await mkdir(below);
  await writeFile(join(below, 'hosts'), '10.0.0.2 infra0\n');
  assert.equal(await file.addressesOf('infra0'), ['10.0.0.2']);
  assert.equal(
    events.of('notice').map(({ message }) => message),
    ['hosts file cannot be read, its last content stays in use', 'hosts file can be read again'],
  );
});

test.run();
