import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Scope } from './scope.js';

const run = promisify(execFile);

/** Paths of PEM files. */
export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of one test, in a directory of its own. */
export interface Authority {
  readonly caFile: string;
  /** A server's certificate for these host names and IP addresses; etcd peers use it as clients. */
  server(names: readonly string[], options?: CertOptions): Promise<KeyPair>;
  /** A server's certificate with a common name and nothing else. */
  readonly serverByCommonName: (name: string) => Promise<KeyPair>;
  /** A client's certificate; the common name is who etcd takes it for. */
  client(commonName: string): Promise<KeyPair>;
}

export interface CertOptions {
  /** Negative: it has expired. */
  readonly days?: number;
}

/** Makes a certificate authority with `openssl`. */
export async function withAuthority(scope: Scope, commonName = 'test CA'): Promise<Authority> {
  const dir = await scope.tempDir();
  const caFile = join(dir, 'ca.pem');
  const caKey = join(dir, 'ca-key.pem');
  await openssl([
    ...['req', '-x509', ...newKey(caKey), '-out', caFile, '-days', '2'],
    ...['-subj', `/CN=${commonName}`, '-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  let serial = 0;
  const issue = async (name: string, extensions: readonly string[], days = 2): Promise<KeyPair> => {
    const base = join(dir, String(++serial));
    const pair = { certFile: `${base}.pem`, keyFile: `${base}-key.pem` };
    await writeFile(`${base}.ext`, extensions.join('\n'));
    await openssl(['req', ...newKey(pair.keyFile), '-out', `${base}.csr`, '-subj', `/CN=${name}`]);
    await openssl([
      ...['x509', '-req', '-in', `${base}.csr`, '-CA', caFile, '-CAkey', caKey],
      ...['-out', pair.certFile, '-set_serial', `${Date.now()}${serial}`],
      ...['-days', String(days), '-extfile', `${base}.ext`],
    ]);
    return pair;
  };
  return {
    caFile,
    server: async (names, { days } = {}) =>
      issue(
        names[0] ?? 'server',
        ['extendedKeyUsage=serverAuth,clientAuth', altNames(names)],
        days,
      ),
    serverByCommonName: async (name) => issue(name, ['extendedKeyUsage=serverAuth']),
    client: async (name) => issue(name, ['extendedKeyUsage=clientAuth']),
  };
}

function altNames(names: readonly string[]): string {
  const entries = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  return `subjectAltName=${entries.join(',')}`;
}

function newKey(keyFile: string): string[] {
  return [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    keyFile,
  ];
}

async function openssl(flags: readonly string[]): Promise<void> {
  await run('openssl', flags, { timeout: 20_000 });
}
