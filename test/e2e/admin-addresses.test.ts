import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { addressOf } from '../support/desired.js';
import { ask } from '../support/admin-server.js';
import { withGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('addresses of the admin server');

test(
  'may be several: each answers, orders are taken over the socket, and one may change beside another',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const [tcp, other] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const main = { 'listen-addr': `127.0.0.1:${await freePort()}`, endpoints: [upstream.address] };
    const config = { gateways: { main }, admin: { 'listen-addr': [tcp, socket] } };
    const gateway = await withGateway(scope, { config });
    for (const address of [tcp, socket]) {
      assert.is((await ask(addressOf(address), '/readyz')).status, 200, address);
    }
    assert.is((await runProgram(['reload', '--admin', tcp])).code, 1);
    assert.is((await runProgram(['reload', '--admin', socket])).code, 0);
    const { stdout } = await runProgram(['check', gateway.configFile]);
    assert.match(stdout, `${tcp}, ${socket}`);

    await gateway.edit({ ...config, admin: { 'listen-addr': [other, socket] } });
    await until(async () => (await ask(addressOf(other), '/livez')).status === 200, {
      what: 'the new address',
    });
    assert.is((await ask(addressOf(socket), '/livez')).status, 200);
    const gone = await ask(addressOf(tcp), '/livez').catch(() => undefined);
    assert.is(gone, undefined);

    const mistaken = await runProgram(['check', '-'], {
      stdin: JSON.stringify({ ...config, admin: { 'listen-addr': [tcp, 'off'] } }),
    });
    assert.match(mistaken.stderr, 'off is no address');
  }),
);

test(
  'are a socket in the own folder by default: commands find it, and a second gateway leaves it alone',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const folder = await scope.tempDir();
    const env = { XDG_RUNTIME_DIR: folder };
    const path = join(folder, 'etcd-gateway', 'admin.sock');
    // as text: what the test's own configurations say of the admin server is left out
    const config = async (): Promise<string> =>
      `gateways: { main: { listen-addr: "127.0.0.1:${await freePort()}", endpoints: ["${upstream.address}"] } }\n`;
    const first = await withGateway(scope, { config: await config(), env });
    assert.is((await stat(path)).mode & 0o777, 0o600);
    const reloaded = await runProgram(['reload'], { env });
    assert.is(reloaded.code, 0, reloaded.stderr);

    const second = await withGateway(scope, { config: await config(), env });
    const told = second.logs.filter(({ message }) => message === 'running without admin server');
    assert.ok(told.some(({ address }) => address === `unix:${path}`));
    const { stdout } = await runProgram(['status', '--json'], { env });
    assert.is((JSON.parse(stdout) as { process: { pid: number } }).process.pid, first.pid);
  }),
);

test.run();
