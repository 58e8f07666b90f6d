import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { authority, connectPeer } from '../../src/etcd/connect.js';
import { systemClock } from '../../src/model/clock.js';
import { verifyServer } from '../../src/sources/verify-target.js';
import { withAuthority, type KeyPair } from '../support/certs.js';
import { needs } from '../support/needs.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('verification of servers');

async function withServer(
  scope: Scope,
  { certFile, keyFile }: KeyPair,
  connected: (socket: TLSSocket) => void = () => undefined,
): Promise<number> {
  const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('error', () => socket.destroy()).resume());
  server.on('secureConnection', connected);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** What each way to dial a server makes of it: why it is refused. */
async function refusals(port: number, caFile: string): Promise<readonly (string | undefined)[]> {
  const signal = new AbortController().signal;
  const context = createSecureContext({ ca: await readFile(caFile) });
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const tls = { context, serverName: undefined };
  const asked = connectPeer({ address, host: 'etcd.test' }, tls, signal).then(
    (socket) => void socket.destroy(),
    (error: unknown) => (error as Error).message,
  );
  const validated = verifyServer({
    ...{ address: '127.0.0.1', port, names: ['etcd.test'], secureContext: context },
    ...{ limitMs: 5_000, clock: systemClock, signal },
  });
  return [await asked, await validated];
}

needs(test, 'openssl')(
  'a certificate of a trusted authority with the name in it is taken',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const port = await withServer(scope, await authority.server(['etcd.test']));
    assert.equal(await refusals(port, authority.caFile), [undefined, undefined]);
  }),
);

needs(test, 'openssl')(
  'a final dot goes neither into the server name that is asked for nor into the one that is verified',
  scoped(async (scope) => {
    const issuer = await withAuthority(scope);
    const asked: (string | false | null)[] = [];
    const port = await withServer(scope, await issuer.server(['etcd.test']), (socket) =>
      asked.push(socket.servername),
    );
    const context = createSecureContext({ ca: await readFile(issuer.caFile) });
    const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
    for (const [host, serverName] of [
      ['etcd.test.', undefined],
      ['127.0.0.1', 'etcd.test.'],
    ] as const) {
      const tls = { context, serverName };
      const { signal } = new AbortController();
      const socket = await connectPeer({ address, host }, tls, signal);
      scope.defer(() => socket.destroy());
      assert.is(
        authority({ address, host }),
        host === 'etcd.test.' ? `etcd.test:${port}` : `${host}:${port}`,
      );
    }
    await until(() => asked.length === 2, { what: 'both connections' });
    assert.equal(asked, ['etcd.test', 'etcd.test']);
  }),
);

needs(test, 'openssl')(
  'NODE_TLS_REJECT_UNAUTHORIZED=0 does not turn it off',
  scoped(async (scope) => {
    const [{ caFile }, other] = [await withAuthority(scope), await withAuthority(scope, 'other')];
    const port = await withServer(scope, await other.server(['etcd.test']));
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    scope.defer(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    for (const reason of await refusals(port, caFile)) assert.ok(reason);
  }),
);

needs(test, 'openssl')(
  'a CommonName alone is refused',
  scoped(async (scope) => {
    const { caFile, serverByCommonName } = await withAuthority(scope);
    const port = await withServer(scope, await serverByCommonName('etcd.test'));
    for (const reason of await refusals(port, caFile))
      assert.match(reason ?? '', 'a CommonName does not count');
  }),
);

test.run();
