import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

import type { TlsFiles } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { unusableFile } from '../model/small-file.js';
import { checkCertificates, readPem, separateBlocks } from './pem.js';
import { readTrustedRoots } from './trusted-roots.js';

/** What stands in for `tls: {}`: the system's roots, no client certificate. */
export const noTlsFiles: TlsFiles = {
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
};

/**
 * Secure contexts of TLS files, built once per content: parsing PEM for each of a thousand checks
 * would hold up the loop. Files are looked at again after a second, so renewals are taken up.
 */
export class TlsContexts {
  readonly #clock: Clock;
  readonly #entries = new WeakMap<TlsFiles, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws GatewayError (side `config`) naming the file that cannot be used. */
  context(files: TlsFiles): Promise<SecureContext> {
    const last = this.#entries.get(files);
    const nowMs = this.#clock.nowMs();
    if (last && nowMs - last.readAtMs < freshForMs)
      return last.built.then(({ context }) => context);
    const built = build(files, last?.built);
    this.#entries.set(files, { readAtMs: nowMs, built });
    return built.then(({ context }) => context);
  }
}

interface Entry {
  readonly readAtMs: number;
  readonly built: Promise<Built>;
}

interface Built {
  readonly content: Content;
  readonly context: SecureContext;
}

interface Content {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const freshForMs = 1000;

async function build(files: TlsFiles, before: Promise<Built> | undefined): Promise<Built> {
  const content = await readContent(files);
  const last = await before?.catch(() => undefined);
  if (last && sameContent(last.content, content)) return last;
  checkContent(files, content);
  return { content, context: createContext(files, content) };
}

async function readContent(files: TlsFiles): Promise<Content> {
  return {
    ca: await readTrustedRoots('ca-file', files.caFile),
    cert: await readCertificate(files),
    key: await readKey(files),
  };
}

async function readCertificate({ certFile }: TlsFiles): Promise<string | undefined> {
  return certFile === undefined ? undefined : readPem('cert-file', certFile, 'CERTIFICATE');
}

async function readKey({ keyFile }: TlsFiles): Promise<string | undefined> {
  if (keyFile === undefined) return undefined;
  const key = await readPem('key-file', keyFile, 'PRIVATE KEY');
  // RFC 7468 section 11; older ones have a header (RFC 1421 section 4.6.1.1)
  if (!/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: *4, *ENCRYPTED/m.test(key)) return key;
  throw unusableFile(
    `key-file ${keyFile} is encrypted (write it without a passphrase: openssl pkey -in KEY -out PLAIN)`,
  );
}

function checkContent(files: TlsFiles, { ca, cert, key }: Content): void {
  const { caFile, certFile, keyFile } = files;
  if (caFile !== undefined) checkCertificates('ca-file', caFile, ca ?? '');
  if (certFile !== undefined) checkCertificates('cert-file', certFile, cert ?? '');
  if (keyFile === undefined) return;
  const parsed = parseKey(keyFile, key ?? '');
  if (certFile === undefined || cert === undefined) return;
  // OpenSSL itself says nothing of a pair of two kinds, such as RSA and EC.
  if (new X509Certificate(separateBlocks(cert)).checkPrivateKey(parsed)) return;
  throw unusableFile(
    `key-file ${keyFile} does not belong to the first certificate in cert-file ${certFile}`,
  );
}

function parseKey(keyFile: string, key: string): KeyObject {
  try {
    return createPrivateKey(separateBlocks(key));
  } catch (error) {
    throw unusableFile(`key-file ${keyFile} is damaged: ${errorMessage(error)}`, error);
  }
}

function createContext(files: TlsFiles, { ca, cert, key }: Content): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca: separateBlocks(ca) }),
      ...(cert === undefined ? {} : { cert: separateBlocks(cert) }),
      ...(key === undefined ? {} : { key: separateBlocks(key) }),
    });
  } catch (error) {
    const names = [files.caFile, files.certFile, files.keyFile].filter(
      (name) => name !== undefined,
    );
    throw unusableFile(`${names.join(', ')}: ${errorMessage(error)}`, error);
  }
}

/**
 * What is wrong with the files, by their keys in the configuration; empty: nothing. Each file that
 * cannot be used by itself is named, then one that does not fit the others.
 */
export async function tlsFileProblems(files: TlsFiles): Promise<ReadonlyMap<TlsKey, string>> {
  const alone = {
    'ca-file': { ...noTlsFiles, caFile: files.caFile },
    'cert-file': { ...noTlsFiles, certFile: files.certFile },
    'key-file': { ...noTlsFiles, keyFile: files.keyFile },
  };
  const problems = new Map<TlsKey, string>();
  for (const key of ['ca-file', 'cert-file', 'key-file'] as const) {
    const problem = await problemOf(alone[key]);
    if (problem !== undefined) problems.set(key, problem);
  }
  const together = problems.size === 0 ? await problemOf(files) : undefined;
  if (together !== undefined) problems.set('key-file', together);
  return problems;
}

type TlsKey = 'ca-file' | 'cert-file' | 'key-file';

function problemOf(files: TlsFiles): Promise<string | undefined> {
  return build(files, undefined).then(() => undefined, errorMessage);
}

function sameContent(a: Content, b: Content): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
