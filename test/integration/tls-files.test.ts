import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import { GatewayError } from '../../src/model/errors.js';
import { createProbe } from '../../src/pool/probe.js';
import { withAuthority } from '../support/certs.js';
import { FakeClock } from '../support/fake-clock.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';

const test = suite('TLS files');
const withOpenssl = needs(test, 'openssl');

const none = { certFile: undefined, keyFile: undefined, serverName: undefined };

async function problem(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, GatewayError);
  return error instanceof GatewayError ? `${error.side}: ${error.message}` : '';
}

withOpenssl(
  'are read again after a second, and parsed again only if they differ',
  scoped(async (scope) => {
    const caFile = join(await scope.tempDir(), 'ca.pem');
    await copyFile((await withAuthority(scope, 'first')).caFile, caFile);
    const clock = new FakeClock();
    const contexts = new TlsContexts(clock);
    const files = { ...none, caFile };
    const first = await contexts.context(files);
    clock.advance(1000);
    assert.is(await contexts.context(files), first);
    await copyFile((await withAuthority(scope, 'second')).caFile, caFile);
    assert.is(await contexts.context(files), first);
    clock.advance(1000);
    assert.is.not(await contexts.context(files), first);
    await rm(caFile);
    clock.advance(1000);
    assert.match(
      await problem(contexts.context(files)),
      `config: ca-file ${caFile} cannot be read: there is no such file`,
    );
  }),
);

withOpenssl(
  'that are no PEM, no file, or no pair are named',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const authority = await withAuthority(scope);
    const { caFile } = authority;
    const [one, other] = [await authority.client('a'), await authority.client('b')];
    const text = join(dir, 'text');
    await writeFile(text, 'not PEM');
    const tried = (files: object): Promise<string> =>
      problem(new TlsContexts(new FakeClock()).context({ ...none, caFile, ...files }));
    assert.match(
      await tried({ caFile: text }),
      `${text} is no PEM file: there is no -----BEGIN CERTIFICATE-----`,
    );
    assert.match(await tried({ caFile: one.keyFile }), 'there is no -----BEGIN CERTIFICATE-----');
    assert.match(await tried({ caFile: dir }), 'it is a directory, not a file');
    assert.match(await tried({ ...one, keyFile: text }), `key-file ${text}`);
    assert.match(
      await tried({ certFile: one.certFile, keyFile: other.keyFile }),
      `key-file ${other.keyFile} does not belong to the first certificate in cert-file ${one.certFile}`,
    );
    const rsa = join(dir, 'rsa.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(rsa, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    assert.match(
      await tried({ ...one, keyFile: rsa }),
      'does not belong',
      'OpenSSL says nothing of it',
    );
    const secret = { format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const;
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      await writeFile(rsa, privateKey.export({ type, ...secret }));
      assert.match(await tried({ ...one, keyFile: rsa }), `key-file ${rsa} is encrypted`);
    }
  }),
);

withOpenssl(
  'name the certificate that is damaged, which OpenSSL would leave out without a word',
  scoped(async (scope) => {
    const { caFile } = await withAuthority(scope);
    const good = await readFile(caFile, 'utf8');
    const bundle = join(await scope.tempDir(), 'bundle.pem');
    const tried = async (second: string): Promise<string> => {
      await writeFile(bundle, good + second);
      return problem(new TlsContexts(new FakeClock()).context({ ...none, caFile: bundle }));
    };
    await writeFile(bundle, good + good);
    await new TlsContexts(new FakeClock()).context({ ...none, caFile: bundle });
    const lines = good.trimEnd().split('\n').length;
    const damagedAt = (line: number): string =>
      `config: ca-file ${bundle}: its certificate 2 is damaged at line ${line}`;
    assert.is(await tried(good.replace(/\n.{20}/, '\n')), damagedAt(lines + 1));
    assert.is(await tried(good.replace(/-----END[^]*/, '')), damagedAt(lines + 1));
    assert.is(await tried(good.replace(/-----END[^]*/, good)), damagedAt(lines + 1));
    assert.is(await tried(good.replace(/\n(.+)\n(.+)\n/, '\n$1\n!$2\n')), damagedAt(lines + 3));
    assert.is(await tried(good.replace('-----BEGIN', '----BEGIN')), damagedAt(lines + 1));
    assert.match(await tried(good.replace('E-----\n', 'E----\n')), 'certificate 2 is damaged');
  }),
);

const joints: readonly [string, (one: string, other: string) => string][] = [
  ['without a line break between them', (one, other) => one.trimEnd() + other],
  ['with a space in its place', (one, other) => `${one.trimEnd()} ${other}`],
  ['with a comment on the same line', (one, other) => `${one.trimEnd()}# next: ${other}`],
  ['behind a byte order mark', (one, other) => `\uFEFF${other}${one}`],
  ['with the line ends of Windows', (one, other) => (one + other).replaceAll('\n', '\r\n')],
];

for (const [what, joined] of joints) {
  withOpenssl(
    `may hold certificates ${what}`,
    scoped(async (scope) => {
      const one = await withAuthority(scope, 'first');
      const other = await withAuthority(scope, 'second');
      const caFile = join(await scope.tempDir(), 'bundle.pem');
      const [first, second] = [
        await readFile(one.caFile, 'utf8'),
        await readFile(other.caFile, 'utf8'),
      ];
      await writeFile(caFile, joined(first, second));
      const { certFile, keyFile } = await other.server(['localhost']);
      const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
      server.on('secureConnection', (socket) => socket.on('error', () => undefined).end());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      scope.defer(() => server.close());
      const { port } = server.address() as AddressInfo;
      const probe = createProbe(systemClock, new TlsContexts(systemClock));
      const result = await probe(
        { address: { kind: 'tcp', host: '127.0.0.1', port }, host: 'localhost' },
        {
          ...{ type: 'tls', intervalMs: 5000, timeoutMs: 5000, rise: 1, fall: 2 },
          tls: { ...none, caFile },
        },
        new AbortController().signal,
      );
      assert.is(result.reason, '');
    }),
  );
}

test.run();
