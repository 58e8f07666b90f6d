import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withSessions, type EtcdSession } from '../support/etcd-session.js';
import { withEtcd, type EtcdMember } from '../support/etcd.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess, type LogWait } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('a member that hangs');
const etcdTest = needs(test, 'etcd', 'etcdctl');

const out = 'endpoint taken out of rotation';
const back = 'endpoint back in rotation';

function of({ clientAddress }: EtcdMember, after = 0): LogWait {
  return { where: ({ endpoint }) => endpoint === clientAddress, after, timeoutMs: 20_000 };
}

/** Sessions to the members that run, or to any; each has been answered. */
async function withAnswered(scope: Scope, port: number, count: number): Promise<EtcdSession[]> {
  const sessions = withSessions(scope, port, count);
  await until(() => sessions.every(({ answers }) => answers > 0), {
    ...{ what: `answers to ${count} sessions`, timeoutMs: 20_000 },
  });
  return sessions;
}

function timedOut(gateway: GatewayProcess): number {
  return gateway.logs.filter(({ end }) => end === 'first-byte-timeout').length;
}

etcdTest(
  'costs the sessions that found it out, and returns by an answer only',
  scoped(
    async (scope) => {
      const cluster = await withEtcd(scope);
      const hung = cluster.member(1);
      const others = cluster.members.filter((member) => member !== hung);
      const port = await freePort();
      const settings = { 'first-byte-timeout': '2s', 'retry-delay': '500ms' };
      const config = mainGateway(port, cluster.endpoints, settings);
      const gateway = await withGateway(scope, { config });
      const before = await withAnswered(scope, port, 9);
      const hungId = await cluster.idOf(hung);
      const elsewhere = before.filter(({ memberId }) => memberId !== hungId);
      const met = before.length - elsewhere.length; // 3, unless a busy machine made dials slow
      assert.ok(met >= 1 && met <= 5, `${met} of 9 sessions are with the member that will hang`);

      hung.pause();
      await cluster.ready(others);
      const finders = withSessions(scope, port, 6);
      await gateway.logged(out, of(hung));
      await until(() => finders.every(({ error, answers }) => error ?? answers > 0), {
        what: 'the first ones to be answered or reset',
      });
      const lost = finders.filter(({ error }) => error !== undefined).length;
      assert.ok(lost >= 1 && lost <= 2, `${lost} of 6 new sessions met the hung member`);
      await until(() => timedOut(gateway) === lost, { what: `the log of ${lost} timeouts` });

      const later = await withAnswered(scope, port, 12);
      assert.ok(later.every(({ error }) => error === undefined));
      assert.is(timedOut(gateway), lost, 'no further session is lost to it');
      const connects = gateway.logs.filter(({ message }) => message === back);
      assert.is(connects.length, 0, 'that it accepts does not bring it back');
      assert.ok(elsewhere.every(({ error }) => error === undefined));

      const after = gateway.logs.length;
      hung.resume();
      await gateway.logged(back, of(hung, after));
      const spread = await withAnswered(scope, port, 9);
      assert.ok(spread.some(({ memberId }) => memberId === hungId));
      assert.ok(
        before.every(({ error }) => error === undefined),
        'sessions that had been answered before it hung have all survived',
      );
    },
    { timeoutMs: 120_000 },
  ),
);

test.run();
