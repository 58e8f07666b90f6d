import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { whoAnswers } from '../support/client.js';
import { a, DnsTestServer, Zone } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('the limit of open files');

const openFiles = 150;

/** Clients that come at once and stay for as long as they may. */
function crowd(scope: Scope, port: number, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.resume();
    scope.defer(() => socket.destroy());
    return socket;
  });
}

function refused(sockets: readonly Socket[]): number {
  return sockets.filter((socket) => socket.destroyed).length;
}

/** The most files that it has open while something goes on. */
async function mostFiles(gateway: GatewayProcess, work: () => Promise<unknown>): Promise<number> {
  let [most, isOver] = [0, false];
  const watching = until(
    async () => {
      most = Math.max(most, (await readdir(`/proc/${gateway.pid}/fd`)).length);
      return isOver;
    },
    { what: 'the end', timeoutMs: 60_000 },
  );
  await work();
  isOver = true;
  await watching;
  return most;
}

async function servesAgain(port: number): Promise<void> {
  await until(async () => (await whoAnswers(port)) === 'alive', { what: 'service to resume' });
}

test(
  'refuses who is too many at once, keeps files free, says so now and then, and resumes by itself',
  scoped(async (scope) => {
    const alive = await withUpstream(scope, { behaviour: identity('alive') });
    const [port, admin] = [await freePort(), await freePort()];
    const config = {
      ...mainGateway(port, [alive.address]),
      admin: { 'listen-addr': `127.0.0.1:${admin}` },
    };
    const gateway = await withGateway(scope, { config, openFiles });
    const sockets: Socket[] = [];
    const most = await mostFiles(gateway, async () => {
      for (let wave = 0; wave < 5; wave += 1) sockets.push(...crowd(scope, port, 100));
      await until(() => refused(sockets) > 420, { what: 'most to be refused' });
    });
    assert.ok(most < openFiles - 10, `${most} files were open`);
    const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    assert.match(metrics, /clients_refused_total\{gateway="main",reason="fd-limit"\} 4\d\d/);
    const lines = gateway.logs.filter(({ message }) => message.startsWith('client refused'));
    assert.ok(lines.length >= 1 && lines.length <= 3, `${lines.length} lines about 400 clients`);
    for (const socket of sockets) socket.destroy();
    await servesAgain(port);
    assert.is(gateway.exit, undefined);
  }),
);

test(
  'survives clients that all wait for several endpoints which answer no SYN',
  scoped(
    async (scope) => {
      const holes = await Promise.all([1, 2, 3].map(() => withBlackHole(scope)));
      const alive = await withUpstream(scope, { behaviour: identity('alive') });
      const port = await freePort();
      const addresses = holes.map(({ address }) => address);
      const settings = { 'connect-timeout': '1s', 'dial-stagger': '50ms' };
      const gateway = await withGateway(scope, {
        config: mainGateway(port, addresses, settings),
        openFiles,
      });
      const sockets = crowd(scope, port, 100);
      const most = await mostFiles(gateway, () =>
        until(() => refused(sockets) === 100, { what: 'all to be refused', timeoutMs: 20_000 }),
      );
      console.log(`${most} of ${openFiles} files were open`);
      assert.ok(most < openFiles, `${most} files were open`);
      await gateway.edit(mainGateway(port, [...addresses, alive.address], settings));
      await servesAgain(port);
      assert.is(gateway.exit, undefined);
    },
    { timeoutMs: 90_000 },
  ),
);

test(
  'leaves the admin server, checks and look-ups their own when sessions and idle connections take all they can',
  scoped(
    async (scope) => {
      const alive = await withUpstream(scope, { behaviour: identity('alive') });
      const zone = new Zone([
        a('one.example.test', '127.0.0.1'),
        a('two.example.test', '127.0.0.1'),
      ]);
      const dns = await DnsTestServer.start(zone.respond);
      scope.defer(() => dns.close());
      const [port, admin] = [await freePort(), await freePort()];
      const config = (...hosts: string[]): ConfigObject => ({
        ...mainGateway(
          port,
          hosts.map((host) => `${host}:${alive.port}`),
          { 'health-check': { type: 'tcp', interval: '1s', timeout: '500ms' } },
        ),
        dns: { servers: [dns.address] },
        admin: { 'listen-addr': `127.0.0.1:${admin}` },
      });
      const gateway = await withGateway(scope, { config: config('one.example.test'), openFiles });
      const sockets = crowd(scope, port, 300);
      await until(() => refused(sockets) > 200, { what: 'most to be refused' });
      const idle = crowd(scope, admin, 300);
      await until(() => refused(idle) > 250, { what: 'most to be closed' });
      await gateway.edit(config('one.example.test', 'two.example.test'));
      await gateway.logged('host name resolved', {
        where: ({ host }) => host === 'two.example.test',
      });
      await gateway.logged('health check passed', { after: gateway.logs.length });
      const files = (await readdir(`/proc/${gateway.pid}/fd`)).length;
      assert.ok(files <= openFiles - 8, `${files} files were open`);
      for (const socket of idle) socket.destroy();
      await until(async () => (await ready(admin)) === 200, {
        what: 'an answer of the admin server',
      });
      assert.ok(refused(sockets) < 300, 'sessions are still full');
      const wrong = gateway.logs.filter((line) =>
        /EMFILE|ENFILE|cannot be made/.test(JSON.stringify(line)),
      );
      assert.equal(wrong, []);
    },
    { timeoutMs: 90_000 },
  ),
);

async function ready(port: number): Promise<number | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer?.status;
}

test.run();
