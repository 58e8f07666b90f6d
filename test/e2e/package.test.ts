import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { buildDeb } from '../../scripts/package/deb.js';
import { readPackageJson } from '../../scripts/package/paths.js';
import { whoAnswers } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { readyMessage } from '../support/gateway.js';
import { needs, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { withProcess } from '../support/process.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const run = promisify(execFile);
const about = await readPackageJson();
const example = resolve('gateway.example.yaml');
const output = await mkdtemp(join(tmpdir(), 'etcd-gateway-package-'));
const tarball = join(output, `etcd-gateway-${about.version}.tgz`);
const executable = join(output, `etcd-gateway-${about.version}-linux-x64`);
const deb = join(output, `etcd-gateway_${about.version}_amd64.deb`);

/** As on a machine where nothing is installed. */
const bare = { env: { PATH: '/nowhere', NODE_OPTIONS: '--inspect-brk' } };

const isShipped = process.platform === 'linux' && process.arch === 'x64';
const test = suite('package');
const packaging = isShipped
  ? needs(test, 'dpkg-deb', 'readelf', 'tar', 'gzip')
  : needs(test, 'x64 Linux');

const confined = isShipped ? needsThat(test, whyNotConfined()) : packaging;

function whyNotConfined(): string | undefined {
  const { status } = spawnSync('unshare', ['--mount', 'chroot', '/', 'true']);
  return status === 0 ? undefined : 'this machine lets nobody mount and change the root';
}

test.after(async () => rm(output, { recursive: true, force: true }));

interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>>;
}

/** As `name@version`, from the lock file; one is in the status page. */
async function shippedPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && (dev !== true || path === 'node_modules/uplot'))
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
    .sort();
}

packaging('makes all packages in one go', async () => {
  await run(process.execPath, [resolve('dist/scripts/package/main.js'), `--output=${output}`]);
  for (const file of [tarball, executable, deb]) assert.ok(existsSync(file), file);
  await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: output });
  const sbom = await readFile(join(output, `etcd-gateway-${about.version}.cdx.json`), 'utf8');
  const { bomFormat, components } = JSON.parse(sbom) as Sbom;
  assert.is(bomFormat, 'CycloneDX');
  const listed = components.map(({ name, version }) => `${name}@${version}`);
  assert.equal(listed.sort(), await shippedPackages());
});

packaging(
  'the tarball installs into an empty prefix and runs',
  scoped(async (scope) => {
    const prefix = await scope.tempDir();
    const flags = ['--global', `--prefix=${prefix}`, '--ignore-scripts'];
    await run('npm', ['install', ...flags, '--prefer-offline', '--loglevel=error', tarball]);
    const program = join(prefix, 'bin/etcd-gateway');
    assert.match((await run(program, ['--version'])).stdout, about.version);
    await run(program, ['check', example]);
    const installed = join(prefix, 'lib/node_modules/etcd-gateway');
    assert.ok(existsSync(join(installed, 'schemas/gateway.schema.json')));
    assert.equal(await readdir(join(installed, 'dist')), ['bin']);
    const licences = await readFile(join(installed, 'dist/bin/LICENCES'), 'utf8');
    for (const name of ['winston', 'yaml', 'uplot']) assert.match(licences, `\n${name} `);
    const fetched = await readdir(join(installed, 'node_modules'));
    const shown = fetched.filter((name) => !name.startsWith('.'));
    assert.equal(shown, ['@koromix'], 'all else is inside');
    await servesLongFile(scope, [program]);
  }),
);

packaging('the executable runs each command without Node and without NODE_OPTIONS', async () => {
  const { stdout } = await run(executable, ['--version'], bare);
  assert.is(stdout, `etcd-gateway ${about.version}\n`);
  await run(executable, ['check', example], bare);
  const schema = JSON.parse((await run(executable, ['schema'], bare)).stdout) as object;
  assert.ok('$defs' in schema);
  const refused = await run(executable, ['status', '--admin=127.0.0.1:1'], bare).catch(
    (error: unknown) => error as { readonly code: number; readonly stderr: string },
  );
  assert.is((refused as { readonly code?: number }).code, 1);
});

packaging(
  'the executable serves clients, and reads a file that is long',
  scoped((scope) => servesLongFile(scope, [executable], bare)),
);

packaging(
  'the Debian package installs, keeps an edited configuration, is removed and purged',
  scoped(async (scope) => {
    const root = await debianRoot(scope);
    const config = join(root, 'etc/etcd-gateway.yaml');
    await dpkg(root, '--install', deb);
    const program = join(root, 'usr/bin/etcd-gateway');
    assert.match((await run(program, ['--version'], bare)).stdout, about.version);
    await run(program, ['check', config], bare);
    for (const file of installed) assert.ok(existsSync(join(root, file)), file);

    const edited = `${await readFile(config, 'utf8')}# edited\n`;
    await writeFile(config, edited);
    await dpkg(root, '--install', await nextVersion(scope));
    assert.is((await run(program, [])).stdout, 'the next version\n');
    assert.is(await readFile(config, 'utf8'), edited);

    await dpkg(root, '--remove', 'etcd-gateway');
    assert.not.ok(existsSync(program));
    assert.is(await readFile(config, 'utf8'), edited);
    await dpkg(root, '--purge', 'etcd-gateway');
    assert.not.ok(existsSync(config));
  }),
);

confined(
  'the Debian package starts in a root with nothing but what it depends on',
  scoped(async (scope) => {
    const { stdout: depends } = await run('dpkg-deb', ['--field', deb, 'Depends']);
    const names = depends.trim().split(', ');
    for (const name of names) assert.match(name, /^[a-z0-9.+-]+ \(>= [0-9.]+\)$/);
    const root = await scope.tempDir();
    for (const name of names) await copyLibraries(name.replace(/ .*/, ''), root);
    await run('dpkg-deb', ['--extract', deb, root]);
    for (const dir of ['proc', 'tmp']) await mkdir(join(root, dir));
    const enter = 'mount -t proc none "$0/proc" && exec chroot "$0" /usr/bin/etcd-gateway "$@"';
    await servesLongFile(scope, ['unshare', '--mount', 'sh', '-c', enter, root], { root });
  }),
);

interface ServeOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What the program sees as its root. */
  readonly root?: string;
}

/** Such a file is parsed in a thread, whose code is another file. */
async function servesLongFile(
  scope: Scope,
  [program = '', ...words]: readonly string[],
  { root, ...options }: ServeOptions = {},
): Promise<void> {
  const upstream = await withUpstream(scope, { behaviour: identity('it') });
  const port = await freePort();
  const more = Array.from({ length: 2_000 }, (_, i) => ({
    ...{ addr: `127.0.0.1:${10_000 + i}`, priority: 1 },
  }));
  const config = mainGateway(port, [upstream.address, ...more]);
  const file = join(root ?? (await scope.tempDir()), 'gateway.yaml');
  const text = JSON.stringify({ ...config, admin: { 'listen-addr': 'off' } });
  await writeFile(file, text);
  assert.ok(text.length > 16 * 1024, 'parsed in a thread of its own');
  const flags = ['start', '--config', root === undefined ? file : '/gateway.yaml'];
  const gateway = withProcess(scope, program, [...words, ...flags], options);
  await until(() => gateway.stderr.includes(readyMessage), { what: 'the gateway' });
  assert.is(await whoAnswers(port), 'it');
  assert.not.match(gateway.stderr, 'more CPU than they need', 'it makes system calls itself');
  assert.equal(await gateway.stop('SIGTERM'), { code: 0, signal: null });
}

const installed = [
  'lib/systemd/system/etcd-gateway.service',
  'usr/share/man/man1/etcd-gateway.1.gz',
  'usr/share/bash-completion/completions/etcd-gateway',
  'usr/share/doc/etcd-gateway/copyright',
];

/** A root in which nothing is installed; dpkg keeps its records in it, too. */
async function debianRoot(scope: Scope): Promise<string> {
  const root = await scope.tempDir();
  for (const dir of ['info', 'updates', 'triggers']) {
    await mkdir(join(root, 'var/lib/dpkg', dir), { recursive: true });
  }
  await writeFile(join(root, 'var/lib/dpkg/status'), '');
  return root;
}

async function dpkg(root: string, action: string, what: string): Promise<void> {
  const forced = ['--force-not-root', '--force-depends', '--force-script-chrootless'];
  const log = `--log=${join(root, 'dpkg.log')}`;
  await run('dpkg', [`--root=${root}`, ...forced, '--force-bad-path', log, action, what]);
}

/** Of an installed package, to the same places below another root. */
async function copyLibraries(name: string, root: string): Promise<void> {
  const { stdout } = await run('dpkg-query', ['--listfiles', name]);
  for (const path of stdout
    .split('\n')
    .filter((line) => /^(\/usr)?\/lib.*\.so[.0-9]*$/.test(line))) {
    await cp(path, join(root, path), { verbatimSymlinks: true });
  }
}

/** Of the same form, with a small program. */
async function nextVersion(scope: Scope): Promise<string> {
  const dir = await scope.tempDir();
  const file = join(dir, 'program');
  await writeFile(file, '#!/bin/sh\necho the next version\n');
  const next = { ...about, version: `${about.version}+next` };
  return buildDeb(dir, next, { file, binaries: [], licenceText: '' }, 0);
}

test.run();
