import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';

import type { TlsFiles } from '../model/config.js';
import { errorMessage, GatewayError } from '../model/errors.js';
import type { Clock } from '../model/ports.js';

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

/**
 * PEM text of the certificates to trust: the file's, or the system's.
 * Undefined: this system keeps no bundle; Node's own roots have to do.
 * @throws GatewayError (side `config`) when `caFile` cannot be read.
 */
export async function readTrustedRoots(caFile: string | undefined): Promise<string | undefined> {
  if (caFile !== undefined) return readPem('ca-file', caFile);
  for (const path of systemBundles) {
    try {
      return await readPem('ca-file', path);
    } catch {
      continue; // not this distribution's place
    }
  }
  return undefined;
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
const largestFileBytes = 1024 * 1024;

/** Where distributions keep their roots, in the order in which Go's crypto/x509 looks. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

async function build(files: TlsFiles, before: Promise<Built> | undefined): Promise<Built> {
  const content = await readContent(files);
  const last = await before?.catch(() => undefined);
  if (last && sameContent(last.content, content)) return last;
  return { content, context: createContext(files, content) };
}

async function readContent({ caFile, certFile, keyFile }: TlsFiles): Promise<Content> {
  return {
    ca: await readTrustedRoots(caFile),
    cert: certFile === undefined ? undefined : await readPem('cert-file', certFile),
    key: keyFile === undefined ? undefined : await readPem('key-file', keyFile),
  };
}

function createContext(files: TlsFiles, { ca, cert, key }: Content): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    const names = [files.caFile, files.certFile, files.keyFile].filter(
      (name) => name !== undefined,
    );
    throw unusable(`${names.join(', ')}: ${errorMessage(error)}`, error);
  }
}

async function readPem(what: string, path: string): Promise<string> {
  try {
    const { size } = await regularFile(path);
    if (size > largestFileBytes) throw new Error(`has ${size} bytes, at most 1 MiB is read`);
    const text = await readFile(path, 'latin1');
    if (!text.includes('-----BEGIN ')) throw new Error('is not PEM: there is no -----BEGIN line');
    return text;
  } catch (error) {
    throw unusable(`${what} ${path}: ${errorMessage(error)}`, error);
  }
}

/** A pipe would block one of Node's few file threads until somebody writes into it. */
async function regularFile(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('is not a regular file');
  return found;
}

function sameContent(a: Content, b: Content): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

function unusable(message: string, cause: unknown): GatewayError {
  return new GatewayError(message, { code: 'tls-files', side: 'config', retryable: true, cause });
}
