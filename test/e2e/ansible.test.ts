import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

import { test } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { withProcess, type TestProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { identity, withUpstream } from '../support/upstream.js';

const ansible = needs(test, 'ansible-playbook');

/** A gateway on this machine that the role manages. */
interface Managed {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly config: (endpoint: string, listen?: readonly string[]) => ConfigObject;
  /** Runs the role; resolves with the ended process. */
  readonly play: (config: ConfigObject) => Promise<TestProcess>;
}

async function withManaged(scope: Scope, endpoint: string): Promise<Managed> {
  const dir = await scope.tempDir();
  const port = await freePort();
  const config = (address: string, listen: readonly string[] = []): ConfigObject => ({
    gateways: {
      main: { 'listen-addr': [`127.0.0.1:${port}`, ...listen], endpoints: [address] },
    },
    reload: { watch: false }, // so that what changes is the handler's doing
    admin: { 'listen-addr': `unix:${join(dir, 'admin.sock')}` },
    log: { format: 'json' },
  });
  const gateway = await withGateway(scope, { config: config(endpoint) });
  const command = join(dir, 'etcd-gateway');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  await writeFile(command, script, { mode: 0o755 });
  const play = async (wanted: ConfigObject): Promise<TestProcess> => {
    const playbook = join(dir, 'playbook.yml');
    await writeFile(playbook, JSON.stringify(playOf(wanted, gateway.configFile, command)));
    const env = {
      ...process.env,
      ANSIBLE_ROLES_PATH: resolve('config/ansible/roles'),
      ANSIBLE_LOCAL_TEMP: join(dir, 'local'),
      ANSIBLE_REMOTE_TEMP: join(dir, 'remote'),
      ANSIBLE_NOCOLOR: '1',
    };
    const ended = withProcess(scope, 'ansible-playbook', ['-i', 'localhost,', playbook], { env });
    await ended.exited;
    return ended;
  };
  return { gateway, port, config, play };
}

function playOf(config: ConfigObject, file: string, command: string): object {
  const vars = {
    etcd_gateway_config: config,
    etcd_gateway_file: file,
    etcd_gateway_command: command,
    etcd_gateway_service: false,
  };
  const roles = [{ role: 'etcd_gateway', vars }];
  return [{ hosts: 'localhost', connection: 'local', gather_facts: false, roles }];
}

ansible(
  'a play changes a running gateway, and changes nothing the second time',
  scoped(async (scope) => {
    const old = await withUpstream(scope, { behaviour: identity('old') });
    const next = await withUpstream(scope, { behaviour: identity('next') });
    const { port, play, config } = await withManaged(scope, old.address);
    const first = await play(config(next.address));
    assert.is((await first.exited).code, 0, first.stdout);
    assert.is(await whoAnswers(port), 'next');
    const second = await play(config(next.address));
    assert.match(second.stdout, /changed=0/);
  }),
);

ansible(
  'a play with a mistake fails with its line, and the file stays as it was',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const { gateway, port, play, config } = await withManaged(scope, upstream.address);
    const before = await readFile(gateway.configFile, 'utf8');
    const failed = await play(config('https://infra0:2379'));
    assert.is((await failed.exited).code, 2, failed.stdout);
    assert.match(failed.stdout, 'write infra0:2379');
    assert.is(await readFile(gateway.configFile, 'utf8'), before);
    assert.is(await whoAnswers(port), 'it');
  }),
);

ansible(
  'a play fails when the running gateway refuses what is valid',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const { port, play, config } = await withManaged(scope, upstream.address);
    const taken = createServer().listen(await freePort(), '127.0.0.1');
    scope.defer(() => taken.close());
    await once(taken, 'listening');
    const { port: busy } = taken.address() as { readonly port: number };
    const failed = await play(config(upstream.address, [`127.0.0.1:${busy}`]));
    assert.is((await failed.exited).code, 2, failed.stdout);
    assert.match(failed.stdout, 'another process');
    assert.is(await whoAnswers(port), 'it');
  }),
);

test.run();
