import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority } from '../support/certs.js';
import { withSessions } from '../support/etcd-session.js';
import { etcdTls, withEtcd } from '../support/etcd.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess, type LogLine } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('health checks');
const etcdTest = needs(test, 'etcd', 'etcdctl');

const check = { interval: '200ms', timeout: '200ms', rise: 1, fall: 2 };

function ejected(gateway: GatewayProcess, endpoint: string): Promise<unknown> {
  return gateway.logged('endpoint taken out of rotation', {
    where: (line) => line.endpoint === endpoint,
  });
}

/** Waits for its return after the first `after` lines. */
function returned(gateway: GatewayProcess, endpoint: string, after: number): Promise<unknown> {
  const where = (line: LogLine): boolean => line.endpoint === endpoint;
  return gateway.logged('endpoint back in rotation', { where, after });
}

/** Whether the last that was logged of it is that it was taken out. */
function isOut(gateway: GatewayProcess, endpoint: string): boolean {
  const turns = new Set(['endpoint taken out of rotation', 'endpoint back in rotation']);
  const last = gateway.logs.findLast((line) => {
    return line.endpoint === endpoint && turns.has(line.message);
  });
  return last?.message === 'endpoint taken out of rotation';
}

for (const type of ['etcd', 'tcp'] as const) {
  etcdTest(
    `of type ${type} take a dead member out before a client meets it, and put it back`,
    scoped(async (scope) => {
      const cluster = await withEtcd(scope, { members: 3 });
      const port = await freePort();
      const more = { 'health-check': { type, ...check } };
      const gateway = await withGateway(scope, {
        config: mainGateway(port, cluster.endpoints, more),
      });
      const member = cluster.member(1);
      await member.kill();
      await ejected(gateway, member.clientAddress);
      const after = gateway.logs.length;
      await cluster.restart(member);
      await returned(gateway, member.clientAddress, after);
    }),
  );
}

etcdTest(
  'ask another port over http while clients speak TLS, and what it says is no proof of the endpoint’s own',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const [port, metricsPort] = [await freePort(), await freePort()];
    const flags = [`--listen-metrics-urls=http://127.0.0.1:${metricsPort}`];
    const cluster = await withEtcd(scope, { members: 1, tls: await etcdTls(authority), flags });
    const member = cluster.member(0);
    const nobody = await freePort();
    const gateway = await withGateway(scope, {
      config: mainGateway(port, [member.clientAddress, `127.0.0.1:${nobody}`], {
        'health-check': { type: 'etcd', port: metricsPort, ...check },
      }),
    });
    const passed = { where: ({ endpoint }: LogLine) => endpoint === `127.0.0.1:${nobody}` };
    await gateway.logged('health check passed', passed);
    await gateway.logged('health check passed', {
      where: ({ endpoint }) => endpoint === member.clientAddress,
    });
    for (let n = 0; n < 2; n += 1) await cluster.etcdctl(['get', 'a'], [`127.0.0.1:${port}`]);
    await ejected(gateway, `127.0.0.1:${nobody}`);
    const after = gateway.logs.length;
    for (let n = 0; n < 3; n += 1) {
      await gateway.logged('health check passed', { ...passed, after: gateway.logs.length });
    }
    assert.not(
      gateway.logs.slice(after).some(({ message }) => message === 'endpoint back in rotation'),
    );
    member.pause();
    await ejected(gateway, member.clientAddress);
    member.resume();
    await returned(gateway, member.clientAddress, after);
  }),
);

etcdTest(
  'take a stopped member out, and clients meet only the others',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 3 });
    const port = await freePort();
    const config = mainGateway(port, cluster.endpoints, {
      'health-check': { type: 'etcd', ...check },
    });
    const gateway = await withGateway(scope, { config });
    const member = cluster.member(2);
    const others = cluster.members.filter((one) => one !== member);
    member.pause();
    await ejected(gateway, member.clientAddress);
    await cluster.ready(others); // if it led, all are out until another one does
    await until(() => others.every((other) => !isOut(gateway, other.clientAddress)), {
      ...{ what: 'the others to be in rotation', timeoutMs: 20_000 },
    });
    const sessions = withSessions(scope, port, 6);
    await until(() => sessions.every(({ answers }) => answers > 0), {
      ...{ what: 'answers to all clients', timeoutMs: 40_000 },
    });
    const after = gateway.logs.length;
    member.resume();
    await returned(gateway, member.clientAddress, after);
  }),
);

etcdTest(
  'can be turned on and off by a reload, which lets everybody back in',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const port = await freePort();
    const config = mainGateway(port, cluster.endpoints);
    const gateway = await withGateway(scope, { config });
    const [endpoint = ''] = cluster.endpoints;
    await gateway.edit(
      // TLS where there is none: every check fails
      mainGateway(port, cluster.endpoints, { 'health-check': { type: 'tls', ...check } }),
    );
    await ejected(gateway, endpoint);
    const after = gateway.logs.length;
    await gateway.edit(config);
    await returned(gateway, endpoint, after);
  }),
);

test.run();
