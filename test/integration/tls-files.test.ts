import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { GatewayError } from '../../src/model/errors.js';
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
    assert.match(await tried({ caFile: dir }), 'is not a regular file');
    assert.match(await tried({ ...one, keyFile: text }), `key-file ${text}`);
    assert.match(await tried({ certFile: one.certFile, keyFile: other.keyFile }), /key values/);
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
    const damaged = `config: ca-file ${bundle}: its certificate 2 is damaged`;
    assert.is(await tried(good.replace(/\n.{20}/, '\n')), damaged);
    assert.is(await tried(good.replace(/-----END[^]*/, '')), damaged);
  }),
);

test.run();
