import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import { createProbe } from '../../src/pool/probe.js';
import { withAuthority } from '../support/certs.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';

const test = suite('TLS alerts in words');
const withOpenssl = needs(test, 'openssl');

const demanding: TlsOptions = { requestCert: true, rejectUnauthorized: true };

const table: readonly [string, TlsOptions, RegExp][] = [
  [
    'ciphers that nobody offers',
    { ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' },
    /ciphers|version/,
  ],
  [
    'only versions of TLS that are no more',
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    /TLS version/,
  ],
  ['no key exchange in common', { ecdhCurve: 'brainpoolP256r1', maxVersion: 'TLSv1.3' }, /\(/],
];

for (const [what, options, words] of table) {
  withOpenssl(
    `of a server that has ${what}`,
    scoped(async (scope) => {
      const authority = await withAuthority(scope);
      const { certFile, keyFile } = await authority.server(['localhost']);
      const [cert, key] = [await readFile(certFile), await readFile(keyFile)];
      const server = createServer({ cert, key, ...options });
      server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
      await once(server, 'listening');
      scope.defer(() => server.close());
      const { port } = server.address() as AddressInfo;
      const files = { caFile: authority.caFile, certFile: undefined, keyFile: undefined };
      const { ok, reason } = await createProbe(systemClock, new TlsContexts(systemClock))(
        { address: { kind: 'tcp', host: '127.0.0.1', port }, host: 'localhost' },
        {
          ...{ type: 'etcd', intervalMs: 5000, timeoutMs: 5000, rise: 1, fall: 2 },
          tls: { ...files, serverName: undefined },
        },
        new AbortController().signal,
      );
      assert.not(ok);
      assert.match(reason, words);
      assert.not.match(reason, /SSL|ERR_|error:/);
    }),
  );
}

withOpenssl(
  'of a server that demands a client certificate, or does not know its CA',
  scoped(async (scope) => {
    const [authority, foreign] = [await withAuthority(scope), await withAuthority(scope, 'other')];
    const { certFile, keyFile } = await authority.server(['localhost']);
    const [cert, key] = [await readFile(certFile), await readFile(keyFile)];
    const stranger = await foreign.client('root');
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const ca = await readFile(authority.caFile);
      const server = createServer({ cert, key, ca, maxVersion, ...demanding });
      server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
      await once(server, 'listening');
      scope.defer(() => server.close());
      const { port } = server.address() as AddressInfo;
      for (const pair of [{ certFile: undefined, keyFile: undefined }, stranger]) {
        const { reason } = await createProbe(systemClock, new TlsContexts(systemClock))(
          { address: { kind: 'tcp', host: '127.0.0.1', port }, host: 'localhost' },
          {
            ...{ type: 'etcd', intervalMs: 5000, timeoutMs: 5000, rise: 1, fall: 2 },
            tls: { caFile: authority.caFile, ...pair, serverName: undefined },
          },
          new AbortController().signal,
        );
        assert.match(reason, /certificate/);
      }
    }
  }),
);

test.run();
