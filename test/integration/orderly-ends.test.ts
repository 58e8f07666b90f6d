import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import type { HealthCheckSettings, TlsFiles } from '../../src/model/config.js';
import type { Endpoint } from '../../src/model/endpoint.js';
import type { ProbeTarget } from '../../src/pool/probe-result.js';
import { createProbe } from '../../src/pool/probe.js';
import { MemberClient } from '../../src/sources/members-client.js';
import { HandshakeRate } from '../../src/sources/handshake-rate.js';
import { validateTargets } from '../../src/sources/validate-targets.js';
import { withAuthority, type Authority } from '../support/certs.js';
import { dnsSettings, hostLookup } from '../support/dns-fixtures.js';
import { etcdTls, withEtcd } from '../support/etcd.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';
import { srvSettings } from '../support/srv-fixtures.js';
import { until } from '../support/until.js';

const test = suite('connections of its own that end in order');
const withTools = needs(test, 'etcd', 'etcdctl', 'openssl');
const withOpenssl = needs(test, 'openssl');

const never = new AbortController().signal;
const rounds = 40;

function at(port: number): ProbeTarget {
  return { address: { kind: 'tcp', host: '127.0.0.1', port }, host: 'localhost' };
}

function settings(type: HealthCheckSettings['type'], tls: TlsFiles): HealthCheckSettings {
  return { type, intervalMs: 5000, timeoutMs: 5000, rise: 1, fall: 2, tls };
}

/** By its name `localhost`, of which the hosts file knows. */
async function validate(authority: Authority, port: number): Promise<void> {
  const address = { kind: 'tcp', host: 'localhost', port } as const;
  const endpoint: Endpoint = { address, weight: 1, priority: 0, maxSessions: 0, drain: false };
  const { refused } = await validateTargets(
    [endpoint],
    srvSettings({ domain: 'localhost', insecure: false, trustedCaFile: authority.caFile }),
    {
      lookup: hostLookup(),
      isSelf: () => false,
      clock: systemClock,
      rate: new HandshakeRate(systemClock),
    },
    { dns: dnsSettings({ timeoutMs: 1000 }), domain: 'localhost', signal: never },
  );
  assert.equal(refused, []);
}

withTools(
  'etcd logs no rejected connection, whichever way it is looked at',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const tls = { ...(await etcdTls(authority)), anyClient: true };
    const member = (await withEtcd(scope, { members: 1, tls })).member(0);
    const files: TlsFiles = { caFile: authority.caFile, ...tls.client, serverName: undefined };
    const probe = createProbe(systemClock, new TlsContexts(systemClock));
    const members = new MemberClient(
      { intervalMs: 1000, tls: files, username: undefined, passwordFile: undefined },
      systemClock,
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const type of ['tls', 'etcd'] as const) {
        const result = await probe(at(member.clientPort), settings(type, files), never);
        assert.is(result.reason, '');
      }
      await members.list(at(member.clientPort), never);
      await validate(authority, member.clientPort);
    }
    const told = () => member.process.stderr.match(/rejected connection.*/g) ?? [];
    assert.equal(told(), []);
    // The log would tell of one that ends otherwise: the same look through a plain connect.
    await probe(at(member.clientPort), settings('tcp', files), never);
    await until(() => told().length > 0, { what: 'a rejected connection in the log' });
  }),
);

/** How connections ended, as a server sees it: `in order` after close_notify and FIN, else the error's code. */
async function endsAt(
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
  authority: Authority,
): Promise<{ port: number; ends: string[]; close: () => void }> {
  const pair = await authority.server(['localhost', '127.0.0.1']);
  const [cert, key] = await Promise.all([readFile(pair.certFile), readFile(pair.keyFile)]);
  const ends: string[] = [];
  const server = createServer({ cert, key, maxVersion });
  server.on('tlsClientError', (error: Error & { code?: string }) => ends.push(String(error.code)));
  server.on('secureConnection', (socket) => {
    let end = 'without close_notify';
    socket.on('error', (error: Error & { code?: string }) => (end = String(error.code)));
    socket.on('end', () => (end = 'in order'));
    socket.on('close', () => ends.push(end));
    socket.on('data', () => {
      // The answer and everything after it comes late: nobody may have gone before.
      const body = '{"health":"true"}';
      socket.end(
        `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, ends, close: () => server.close() };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  withOpenssl(
    `says goodbye and hears the other out: ${version}`,
    scoped(async (scope) => {
      const authority = await withAuthority(scope);
      const { port, ends, close } = await endsAt(version, authority);
      scope.defer(close);
      const files = { caFile: authority.caFile, certFile: undefined, keyFile: undefined };
      const tls: TlsFiles = { ...files, serverName: undefined };
      const probe = createProbe(systemClock, new TlsContexts(systemClock));
      for (let round = 0; round < 10; round += 1) {
        assert.ok((await probe(at(port), settings('tls', tls), never)).ok);
        assert.ok((await probe(at(port), settings('etcd', tls), never)).ok);
        await validate(authority, port);
      }
      await until(() => ends.length === 30, { what: 'all to end' });
      assert.equal(new Set(ends), new Set(['in order']));
    }),
  );
}

withOpenssl(
  'waits no longer than a second for a server that does not say goodbye in return',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const pair = await authority.server(['localhost', '127.0.0.1']);
    const [cert, key] = await Promise.all([readFile(pair.certFile), readFile(pair.keyFile)]);
    const open = new Set<Socket>();
    const server = createServer({ cert, key, allowHalfOpen: true });
    server.on('secureConnection', (socket) => {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    scope.defer(() => {
      for (const socket of open) socket.destroy();
    });
    const { port } = server.address() as AddressInfo;
    const files = { caFile: authority.caFile, certFile: undefined, keyFile: undefined };
    const startedMs = performance.now();
    const result = await createProbe(systemClock, new TlsContexts(systemClock))(
      at(port),
      { ...settings('tls', { ...files, serverName: undefined }), timeoutMs: 500 },
      never,
    );
    assert.is(result.reason, '', 'a slow end is no failure');
    assert.ok(performance.now() - startedMs < 3000);
  }),
);

test.run();
