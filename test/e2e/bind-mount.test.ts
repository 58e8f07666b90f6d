import { spawnSync } from 'node:child_process';
import { appendFile, link, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { GatewayProcess, readyMessage } from '../support/gateway.js';
import { hasCommand, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { TestProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';

const test = suite('a configuration file that is mounted by itself');
const onMounts = needsThat(test, whyNot());

function whyNot(): string | undefined {
  if (!hasCommand('unshare')) return 'there is no unshare';
  const { status } = spawnSync('unshare', ['--mount', 'true']);
  return status === 0 ? undefined : 'only root may mount';
}

const away = 'configuration file cannot be read, what runs stays';
const back = 'configuration file can be read again';

/** Ways in which the source comes to be another file than the one that is mounted. */
const replacements: readonly [string, (source: string) => Promise<void>, RegExp][] = [
  ['renamed over', (source) => renameOver(source), /source was replaced or removed/],
  ['removed', (source) => rm(source), /source was replaced or removed/],
  [
    'renamed over with a hard link left',
    async (source) => {
      await link(source, `${source}.bak`);
      await renameOver(source);
    },
    /source was replaced or removed/,
  ],
  [
    'moved away as the backup and written anew',
    async (source) => {
      await rename(source, `${source}~`);
      await writeFile(source, 'new');
    },
    /source has become "source\.yaml~"/,
  ],
];

for (const [how, replace, reason] of replacements) {
  onMounts(
    `a source that is ${how} is told in log, status and by reload, with what to do`,
    scoped(async (scope) => {
      const { gateway, source, admin } = await mounted(scope);
      assert.is((await command('reload', admin)).code, 0);
      await appendFile(source, '# in place\n');
      assert.is((await command('reload', admin)).code, 0);
      await replace(source);
      const line = await gateway.logged(away);
      assert.match(String(line.reason), reason);
      assert.match(String(line.reason), /mount its folder instead/);
      const reload = await command('reload', admin);
      assert.is(reload.code, 1);
      assert.match(reload.stderr, reason);
      assert.match(reload.stderr, /what ran before runs on/);
      assert.match((await command('status', admin)).stdout.replace(/\s+/g, ' '), reason);
      assert.is(gateway.logs.filter(({ message }) => message === away).length, 1);
      assert.is(gateway.logs.filter(({ message }) => message === back).length, 0);
    }),
  );
}

test.run();

interface Mounted {
  readonly gateway: GatewayProcess;
  /** What is mounted, by its path outside of the gateway's mount namespace. */
  readonly source: string;
  readonly admin: string;
}

async function mounted(scope: Scope): Promise<Mounted> {
  const dir = await scope.tempDir();
  const admin = `unix:${join(dir, 'admin.sock')}`;
  const source = join(dir, 'source.yaml');
  const place = join(dir, 'gateway.yaml');
  await writeFile(place, '');
  await writeFile(
    source,
    [
      'gateways:',
      `  main: { listen-addr: "127.0.0.1:${await freePort()}", endpoints: ["127.0.0.1:1"] }`,
      `admin: { listen-addr: "${admin}" }`,
      '',
    ].join('\n'),
  );
  const gateway = new GatewayProcess(place, { before: [...withMount, source, place] });
  scope.defer(() => gateway.stop('SIGTERM'));
  await gateway.logged(readyMessage);
  return { gateway, source, admin };
}

/** In a mount namespace of its own, with the first file mounted at the second. */
const withMount = [
  ...['unshare', '--mount', 'sh', '-c'],
  ...['mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh'],
];

async function renameOver(source: string): Promise<void> {
  await writeFile(`${source}.new`, 'new');
  await rename(`${source}.new`, source);
}

async function command(name: string, admin: string) {
  const child = new TestProcess(process.execPath, [program, name, '--admin', admin]);
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}
