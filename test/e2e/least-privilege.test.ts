import { execFile, spawnSync } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { readyMessage } from '../support/gateway.js';
import { hasCommand, needs, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { withProcess, type TestProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { allowedBy, tracedCalls } from '../support/syscalls.js';
import { Hopeless, until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const run = promisify(execFile);
const test = suite('least privilege');
const confined = needsThat(test, whyNotConfined());
const traced =
  whyNotTraced() === undefined
    ? needs(test, 'strace', 'systemd-analyze')
    : needsThat(test, whyNotTraced());

function whyNotConfined(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can give up what root has';
  if (!hasCommand('unshare') || !hasCommand('setpriv')) return 'there is no unshare or no setpriv';
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-o', 'remount,bind,ro', '/']);
  return status === 0 ? undefined : 'this machine lets nobody make a mount namespace';
}

/** Undefined also where there is no strace: `needs` says so. */
function whyNotTraced(): string | undefined {
  const { error, status } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']);
  return error || status === 0 ? undefined : 'this machine lets nobody trace processes';
}

/**
 * Node and the program as it is installed, where everybody can read them: those who run the tests may have
 * them below a folder of their own.
 */
async function installed(folder: string): Promise<readonly string[]> {
  const [node, to] = [join(folder, 'node'), join(folder, 'program')];
  await copyFile(process.execPath, node);
  await cp('dist/bin', join(to, 'dist/bin'), { recursive: true });
  await cp('package.json', join(to, 'package.json'));
  await cp('node_modules/@koromix', join(to, 'node_modules/@koromix'), { recursive: true });
  await run('chmod', ['-R', 'a+rX', node, to]);
  await chmod(node, 0o755);
  return [node, join(to, 'dist/bin/main.js')];
}

interface Setup {
  readonly port: number;
  readonly folder: string;
  readonly file: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A configuration that has the gateway do some of everything. */
async function withFiles(scope: Scope): Promise<Setup> {
  const upstream = await withUpstream(scope, { behaviour: identity('it') });
  const folder = await scope.tempDir();
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'run'));
  const port = await freePort();
  const file = join(folder, 'gateway.yaml');
  const main = {
    'listen-addr': [`127.0.0.1:${port}`, `unix:${folder}/run/main.sock`],
    endpoints: [upstream.address, `localhost:${upstream.port}`],
    'health-check': { type: 'tcp', interval: '200ms', timeout: '100ms' },
  };
  const admin = { 'listen-addr': `unix:${folder}/run/admin.sock` };
  const config = { gateways: { main }, admin, shutdown: { 'drain-timeout': '200ms' } };
  await writeFile(file, JSON.stringify(config));
  await chmod(file, 0o644);
  return { port, folder, file, config };
}

/** A client is served, a changed file is taken up, and it ends as it should. */
async function assertServes(gateway: TestProcess, setup: Setup, timeoutMs = 20_000): Promise<void> {
  const said = async (what: string): Promise<unknown> =>
    until(() => gateway.stderr.includes(what) || stillRuns(gateway), { what, timeoutMs });
  await said(readyMessage);
  await said('admin server listening');
  assert.is(await whoAnswers(setup.port), 'it');
  const changed = { ...setup.config, dns: { timeout: '3s' } };
  await writeFile(`${setup.file}.new`, JSON.stringify(changed));
  await chmod(`${setup.file}.new`, 0o644); // whatever the umask
  await rename(`${setup.file}.new`, setup.file);
  await said('"generation":2');
  assert.is(await whoAnswers(setup.port), 'it');
}

/** False, so that waiting goes on. */
function stillRuns(gateway: TestProcess): false {
  if (gateway.exit === undefined) return false;
  throw new Hopeless(`it has ended: ${gateway.stderr}`);
}

/** The root is read-only; what is mounted on `run` is nobody's own, as systemd's RuntimeDirectory=. */
const confine = `
  mount --make-rprivate / && mount -o remount,bind,ro / &&
  mount -t tmpfs -o mode=0700,uid=65534,gid=65534 none "$1/run" && shift &&
  exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \\
    --no-new-privs "$@"`;

confined(
  'serves and reloads as nobody, on a read-only root, without a capability',
  scoped(async (scope) => {
    const setup = await withFiles(scope);
    const command = [...(await installed(setup.folder)), 'start', '--config', setup.file];
    const shell = ['sh', '-c', confine, 'sh', setup.folder, ...command];
    const gateway = withProcess(scope, 'unshare', ['--mount', ...shell]);
    await assertServes(gateway, setup);

    const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
    assert.match(status, /^Uid:(\t65534){4}$/m);
    assert.match(status, /^Gid:(\t65534){4}$/m);
    assert.match(status, /^Groups:\s*$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) {
      assert.match(status, new RegExp(`^Cap${set}:\t0+$`, 'm'), set);
    }
    const mounts = await readFile(`/proc/${gateway.pid}/mounts`, 'utf8');
    const root = mounts.split('\n').filter((line) => line.split(' ')[1] === '/');
    assert.match(root.at(-1) ?? '', / ro[, ]/);
    assert.equal(await gateway.stop('SIGTERM'), { code: 0, signal: null });
  }),
);

/** V8 asks for memory protection keys; refused, as the unit would with this very error, it does without. */
const refused = 'pkey_alloc';

traced(
  'makes no system call that the systemd unit forbids',
  scoped(
    async (scope) => {
      const setup = await withFiles(scope);
      const summary = join(setup.folder, 'calls');
      const flags = ['-f', '-c', '-o', summary, '-e', `inject=${refused}:error=EPERM`];
      const command = [process.execPath, program, 'start', '--config', setup.file];
      const strace = withProcess(scope, 'strace', [...flags, ...command]);
      await assertServes(strace, setup, 60_000);
      const children = await readFile(`/proc/${strace.pid}/task/${strace.pid}/children`, 'utf8');
      process.kill(Number(children.trim()), 'SIGTERM'); // strace itself hands no signal on
      await until(() => strace.exit, { what: 'the end', timeoutMs: 30_000 });

      const calls = tracedCalls(await readFile(summary, 'utf8'));
      for (const call of ['accept4', 'connect', 'read'])
        assert.ok(calls.includes(call), calls.join());
      const unit = await readFile('config/systemd/etcd-gateway.service', 'utf8');
      const allowed = await allowedBy(unit);
      assert.equal(
        calls.filter((call) => !allowed.has(call) && call !== refused),
        [],
      );
    },
    { timeoutMs: 120_000 },
  ),
);

test.run();
