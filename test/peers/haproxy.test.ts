import { readFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { withAuthority, type Authority } from '../support/certs.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { openSession, shares, withNamed } from '../support/named.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream, type Upstream } from '../support/upstream.js';

/** Cases of HAProxy's regression tests, told for this gateway. */
const test = suite('as HAProxy');
const tlsTest = needs(test, 'openssl');

test(
  'seamless-reload: no client is refused while the configuration changes under it',
  scoped(async (scope) => {
    const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
    const port = await freePort();
    const fast = { reload: { 'quiet-period': '10ms' }, log: { level: 'warn', format: 'json' } };
    const config = (...of: readonly Upstream[]) => ({
      ...mainGateway(
        port,
        of.map(({ address }) => address),
      ),
      ...fast,
    });
    const gateway = await withGateway(scope, { config: config(first), ready: false });
    await until(async () => (await whoAnswers(port)) === 'first', { what: 'service' });
    const counts: Record<string, number> = {};
    const over = new AbortController();
    const clients = (async () => {
      while (!over.signal.aborted) {
        const name = (await whoAnswers(port)) ?? 'nobody';
        counts[name] = (counts[name] ?? 0) + 1;
      }
    })();
    for (let times = 0; times < 10; times++) {
      await gateway.edit(times % 2 === 0 ? config(second) : config(first));
      gateway.signal('SIGHUP');
      const name = times % 2 === 0 ? 'second' : 'first';
      await until(async () => (await whoAnswers(port)) === name, { what: name });
    }
    over.abort();
    await clients;
    assert.is(counts.nobody, undefined);
    assert.ok((counts.first ?? 0) > 0 && (counts.second ?? 0) > 0);
  }),
);

test(
  '1be_40srv_odd_health_checks: of forty servers the twenty that live share the load',
  scoped(async (scope) => {
    const names = Array.from({ length: 40 }, (_, at) => `s${at}`);
    const all = await withNamed(scope, ...names);
    for (const [at, upstream] of all.entries()) if (at % 2 === 1) await upstream.close();
    const port = await freePort();
    const config = mainGateway(
      port,
      all.map(({ address }) => address),
      { 'health-check': { type: 'tcp', interval: '200ms', timeout: '200ms', fall: 1 } },
    );
    const gateway = await withGateway(scope, { config });
    const out = () =>
      gateway.logs.filter(({ message }) => message === 'endpoint taken out of rotation').length;
    await until(() => out() >= 20, { what: 'the dead ones to be found' });
    const counts = await shares(port, 100);
    assert.is(Object.keys(counts).length, 20);
    assert.ok(
      Object.values(counts).every((count) => count === 5),
      JSON.stringify(counts),
    );
  }),
);

tlsTest(
  'tls_health_checks: a verified server is in, one of another authority and a plain one are out',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const other = await withAuthority(scope, 'another CA');
    const good = await tlsServer(scope, authority);
    const foreign = await tlsServer(scope, other);
    const [plain] = (await withNamed(scope, 'plain')) as [Upstream];
    const endpoints = [good, foreign, plain.port].map((port) => `127.0.0.1:${port}`);
    const gateway = await withGateway(scope, {
      config: mainGateway(await freePort(), endpoints, {
        'health-check': {
          ...{ type: 'tls', interval: '300ms', timeout: '300ms', fall: 1 },
          tls: { 'ca-file': authority.caFile },
        },
      }),
    });
    const out = endpoints.slice(1).map(async (endpoint) =>
      gateway.logged('endpoint taken out of rotation', {
        where: (line) => line.endpoint === endpoint,
      }),
    );
    await Promise.all(out);
    assert.not.ok(
      gateway.logs.some(
        ({ message, endpoint }) =>
          message === 'endpoint taken out of rotation' && endpoint === endpoints[0],
      ),
    );
  }),
);

/** Port of a server that says nothing after its handshake. */
async function tlsServer(scope: Scope, authority: Authority): Promise<number> {
  const { certFile, keyFile } = await authority.server(['localhost', '127.0.0.1']);
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  const server = createTlsServer({ cert, key }, (socket) => socket.resume());
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => scope.defer(() => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => server.close());
  return (server.address() as AddressInfo).port;
}

test(
  'set-retries: where every try fails the client gets a reset, not an empty answer',
  scoped(async (scope) => {
    const port = await freePort();
    const config = mainGateway(port, ['127.0.0.1:1', '127.0.0.2:1']);
    await withGateway(scope, { config });
    assert.equal(await shares(port, 5), { nobody: 5 });
  }),
);

test(
  'a server that is marked for maintenance keeps its sessions and gets no new ones',
  scoped(async (scope) => {
    const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
    const port = await freePort();
    const gateway = await withGateway(scope, { config: mainGateway(port, [first.address]) });
    const session = await openSession(scope, port);
    const after = gateway.logs.length;
    await gateway.edit(mainGateway(port, [{ addr: first.address, drain: true }, second.address]));
    await gateway.logged('configuration applied', { after });
    assert.equal(await shares(port, 4), { second: 4 });
    assert.is(await session.says('x'), 'x');
  }),
);

test(
  'automatic_maxconn: the limit of open files shapes how many sessions it takes',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const config = mainGateway(port, [upstream.address]);
    const gateway = await withGateway(scope, { config, openFiles: 128 });
    const names = await Promise.all(
      Array.from({ length: 120 }, async () =>
        openQuietly(scope, port).then(
          () => 'in',
          () => 'out',
        ),
      ),
    );
    const taken = names.filter((name) => name === 'in').length;
    assert.ok(upstream.open.length > 10 && upstream.open.length < 64, `${upstream.open.length}`);
    assert.ok(taken >= upstream.open.length);
    assert.is(gateway.exit, undefined);
    assert.not.match(gateway.stderr, 'EMFILE');
  }),
);

async function openQuietly(scope: Scope, port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  scope.defer(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.write('x');
  await once(socket, 'data');
}

test.run();
