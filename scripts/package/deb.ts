import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { debianDepends } from './debian-depends.js';
import type { Executable } from './executable.js';
import { cacheDir, folder, root, run, type PackageJson } from './paths.js';

/** From the project's root to where Debian wants it. */
const files: Readonly<Record<string, string>> = {
  'config/systemd/etcd-gateway.service': 'lib/systemd/system/etcd-gateway.service',
  'config/systemd/etcd-gateway.socket': 'lib/systemd/system/etcd-gateway.socket',
  'config/systemd/notify-reload.conf': 'usr/share/doc/etcd-gateway/examples/notify-reload.conf',
  'config/minimal.yaml': 'etc/etcd-gateway.yaml',
  'config/completions/etcd-gateway.bash': 'usr/share/bash-completion/completions/etcd-gateway',
  'config/completions/_etcd-gateway': 'usr/share/zsh/vendor-completions/_etcd-gateway',
  'config/completions/etcd-gateway.fish': 'usr/share/fish/vendor_completions.d/etcd-gateway.fish',
  'gateway.example.yaml': 'usr/share/doc/etcd-gateway/examples/gateway.example.yaml',
  'schemas/gateway.schema.json': 'usr/share/etcd-gateway/gateway.schema.json',
};

/** Upgrades restart the service only where it runs; removing stops it. No systemd: nothing to do. */
const scripts: Readonly<Record<string, string>> = {
  postinst: `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d "$DPKG_ROOT/run/systemd/system" ]; then
  systemctl daemon-reload
  if [ -n "$2" ]; then systemctl try-restart etcd-gateway.service; fi
fi
`,
  prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d "$DPKG_ROOT/run/systemd/system" ]; then
  systemctl disable --now etcd-gateway.socket etcd-gateway.service
fi
`,
  postrm: `#!/bin/sh
set -e
if [ -d "$DPKG_ROOT/run/systemd/system" ]; then systemctl daemon-reload; fi
`,
};

/** A Debian package for amd64; the same input gives the same bytes. */
export async function buildDeb(
  outputDir: string,
  { version, description }: PackageJson,
  executable: Executable,
  epoch: number,
): Promise<string> {
  const umask = process.umask(0o022); // what is installed is for everybody, whoever has packed it
  const stage = await folder(cacheDir, `deb.${process.pid}`);
  try {
    await fill(stage, executable);
    await describe(stage, version, description, await debianDepends(executable.binaries));
    const output = join(outputDir, `etcd-gateway_${version}_amd64.deb`);
    const flags = ['--root-owner-group', '-Zxz', '-z1', '--build', stage, output];
    await run('dpkg-deb', flags, { SOURCE_DATE_EPOCH: String(epoch) });
    return output;
  } finally {
    process.umask(umask);
    await rm(stage, { recursive: true, force: true });
  }
}

async function fill(stage: string, { file, licenceText }: Executable): Promise<void> {
  for (const [from, to] of Object.entries(files)) await install(join(root, from), join(stage, to));
  await install(file, join(stage, 'usr/bin/etcd-gateway'), 0o755);
  await writeFile(join(stage, 'usr/share/doc/etcd-gateway/copyright'), licenceText);
  const manual = join(stage, 'usr/share/man/man1/etcd-gateway.1');
  await install(join(root, 'config/man/etcd-gateway.1'), manual);
  await run('gzip', ['-9n', manual]);
}

async function install(from: string, to: string, mode = 0o644): Promise<void> {
  await folder(dirname(to));
  await copyFile(from, to);
  await chmod(to, mode);
}

async function describe(
  stage: string,
  version: string,
  description: string,
  depends: string,
): Promise<void> {
  const control = await folder(stage, 'DEBIAN');
  const [kib = '0'] = (await run('du', ['-sk', '--apparent-size', stage])).split('\t');
  const fields = {
    Package: 'etcd-gateway',
    Version: version,
    Architecture: 'amd64',
    Maintainer: 'etcd-gateway maintainers <etcd-gateway@localhost>',
    'Installed-Size': kib,
    ...(depends && { Depends: depends }),
    Recommends: 'systemd',
    Section: 'net',
    Priority: 'optional',
    Description: description,
  };
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(join(control, 'control'), lines.join(''));
  await writeFile(join(control, 'conffiles'), '/etc/etcd-gateway.yaml\n');
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(control, name), text, { mode: 0o755 });
  }
}
