import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import type { HealthCheckSettings, TlsFiles } from '../../src/model/config.js';
import { probeHung } from '../../src/pool/probe-hung.js';
import type { ProbeResult, ProbeTarget } from '../../src/pool/probe-result.js';
import { createProbe } from '../../src/pool/probe.js';
import { withAuthority } from '../support/certs.js';
import { etcdTls, withEtcd, type EtcdMember } from '../support/etcd.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('probe of a real etcd');
const withTools = needs(test, 'etcd', 'etcdctl', 'openssl');

const never = new AbortController().signal;
const check = createProbe(systemClock, new TlsContexts(systemClock));

function targetOf(member: EtcdMember, host = '127.0.0.1'): ProbeTarget {
  return { address: { kind: 'tcp', host: '127.0.0.1', port: member.clientPort }, host };
}

function probe(
  target: ProbeTarget,
  tls?: TlsFiles,
  type: HealthCheckSettings['type'] = 'etcd',
): Promise<ProbeResult> {
  const settings = { type, intervalMs: 5000, timeoutMs: 1000, rise: 1, fall: 2, tls };
  return check(target, settings, never);
}

async function failure(target: ProbeTarget, tls?: TlsFiles): Promise<string> {
  const result = await probe(target, tls);
  assert.equal([result.ok, result.conclusive], [false, true]);
  return result.reason;
}

async function isAlive(member: EtcdMember): Promise<boolean> {
  return (await probeHung(systemClock, targetOf(member), 300, never)).ok;
}

withTools(
  'passes a healthy member, fails a stopped one, and sees it come back',
  scoped(async (scope) => {
    const member = (await withEtcd(scope, { members: 1 })).member(0);
    assert.ok((await probe(targetOf(member))).ok);
    assert.ok(await isAlive(member));
    member.pause();
    assert.is(await failure(targetOf(member)), 'no answer within 1000 ms');
    assert.ok((await probe(targetOf(member), undefined, 'tcp')).ok, 'its kernel still accepts');
    assert.not.ok(await isAlive(member));
    member.resume();
    await until(() => isAlive(member), { what: 'life' });
    await until(async () => (await probe(targetOf(member))).ok, { what: 'health' });
    await member.kill();
    assert.match(await failure(targetOf(member)), 'connection refused');
  }),
);

withTools(
  'honours an alarm',
  scoped(async (scope) => {
    const member = (await withEtcd(scope, { members: 1 })).member(0);
    await fetch(`http://${member.clientAddress}/v3/maintenance/alarm`, {
      method: 'POST',
      body: JSON.stringify({ action: 'ACTIVATE', memberID: '1', alarm: 'NOSPACE' }),
    });
    assert.match(await failure(targetOf(member)), /^etcd reports .*alarm/);
  }),
);

withTools(
  'speaks TLS with a client certificate, and says what is wrong without',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const tls = await etcdTls(authority);
    const member = (await withEtcd(scope, { members: 1, tls })).member(0);
    const files: TlsFiles = { caFile: authority.caFile, ...tls.client, serverName: undefined };

    assert.is((await probe(targetOf(member), files)).reason, '');
    assert.is((await probe(targetOf(member, 'localhost'), files)).reason, '');
    assert.match(
      await failure(targetOf(member, 'infra9.example.com'), files),
      'infra9.example.com',
    );
    const named = { ...files, serverName: 'localhost' };
    assert.ok((await probe(targetOf(member, 'infra9.example.com'), named)).ok);
    assert.match(await failure(targetOf(member)), 'set tls');
    const unnamed = { ...files, certFile: undefined, keyFile: undefined };
    assert.match(await failure(targetOf(member), unnamed), /client certificate/);
    const stranger = { ...files, ...(await (await withAuthority(scope, 'other')).client('root')) };
    assert.match(await failure(targetOf(member), stranger), /client certificate/);
    const systemRoots = { ...files, caFile: undefined };
    assert.match(await failure(targetOf(member), systemRoots), /certificate/);
    assert.ok((await probe(targetOf(member), unnamed, 'tls')).ok, 'its own certificate is fine');

    member.pause();
    assert.is(await failure(targetOf(member), files), 'no answer within 1000 ms');
    assert.not.ok(await isAlive(member));
    member.resume();
    await until(() => isAlive(member), { what: 'life behind TLS' });
  }),
);

withTools(
  'says so when an etcd without TLS is asked over TLS',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const member = (await withEtcd(scope, { members: 1 })).member(0);
    const files = { caFile: authority.caFile, certFile: undefined, keyFile: undefined };
    const reason = await failure(targetOf(member), { ...files, serverName: undefined });
    assert.match(reason, 'leave tls out');
  }),
);

test.run();
