import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ask, loopback } from '../support/admin-server.js';
import { whoAnswers } from '../support/client.js';
import { withGateway } from '../support/gateway.js';
import { hasCommand, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('localhost');

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const withIPv6 = needsThat(test, hasIPv6 ? undefined : 'this machine has no ::1');

const withoutIPv6 = [
  ...['unshare', '--net', 'sh', '-c'],
  'ip link set lo up && sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 && exec "$@"',
  'sh',
];
const [unshare = '', ...flags] = withoutIPv6;
const canDoWithout =
  hasCommand('unshare') && spawnSync(unshare, [...flags, 'true'], { stdio: 'ignore' }).status === 0;
const inNetwork = needsThat(
  test,
  canDoWithout ? undefined : 'this machine allows no network without IPv6 (unshare, sysctl)',
);

for (const name of ['localhost', 'LOCALHOST.']) {
  withIPv6(
    `as ${name} serves 127.0.0.1 and ::1, for gateways and for the admin server`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: identity('one') });
      const [port, adminPort] = [await freePort(), await freePort()];
      const main = { 'listen-addr': `${name}:${port}`, endpoints: [`127.0.0.1:${upstream.port}`] };
      const config = {
        gateways: { main },
        admin: { 'listen-addr': `${name}:${adminPort}` },
      };
      const gateway = await withGateway(scope, { config });
      for (const host of ['127.0.0.1', '::1']) {
        assert.is(await whoAnswers(port, host), 'one', host);
        assert.is((await ask(loopback(adminPort, host), '/livez')).status, 200, host);
      }
      const after = gateway.logs.length;
      const other = { ...main, 'listen-addr': `127.0.0.1:${port}` };
      const admin = { 'listen-addr': `127.0.0.1:${adminPort}` };
      await gateway.edit({ gateways: { main: other }, admin });
      await gateway.logged('configuration applied', { after });
      assert.is(await whoAnswers(port), 'one');
      assert.is(await whoAnswers(port, '::1'), undefined);
      assert.is((await ask(loopback(adminPort), '/livez')).status, 200);
      assert.match(
        await ask(loopback(adminPort, '::1'), '/livez').then(() => 'answered', String),
        'ECONNREFUSED',
      );
    }),
  );
}

withIPv6(
  'is busy where another process has one of its addresses',
  scoped(async (scope) => {
    const other = await withUpstream(scope, { host: '::1' });
    const main = { 'listen-addr': `localhost:${other.port}`, endpoints: ['127.0.0.1:1'] };
    const gateway = await withGateway(scope, {
      config: { gateways: { main } },
      ready: false,
      exitCode: 1,
    });
    await gateway.exited;
    assert.match(gateway.stderr, `cannot listen on [::1]:${other.port}: another process`);
  }),
);

inNetwork(
  'serves 127.0.0.1 alone where the machine has no IPv6',
  scoped(async (scope) => {
    const main = { 'listen-addr': 'localhost:23790', endpoints: ['127.0.0.1:2379'] };
    const gateway = await withGateway(scope, {
      config: { gateways: { main }, admin: { 'listen-addr': 'localhost:23791' } },
      before: withoutIPv6,
    });
    const listening = async (file: string): Promise<readonly string[]> => {
      const table = await readFile(`/proc/${gateway.pid}/net/${file}`, 'utf8');
      return table.split('\n').flatMap((line) => {
        const [, address = '', , state] = line.trim().split(/\s+/);
        return state === '0A' ? [address] : [];
      });
    };
    const expected = [23790, 23791].map((port) => `0100007F:${port.toString(16).toUpperCase()}`);
    assert.equal([...(await listening('tcp'))].sort(), expected);
    assert.equal(await listening('tcp6').catch(() => []), []);
  }),
);

test.run();
