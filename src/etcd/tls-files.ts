import { createSecureContext, type SecureContext } from 'node:tls';

import type { TlsFiles } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { readSmallFile, unusableFile } from './small-file.js';

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
  if (caFile !== undefined) return readPem('ca-file', caFile, 'CERTIFICATE');
  for (const path of systemBundles) {
    try {
      return await readPem('ca-file', path, 'CERTIFICATE');
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
    cert: certFile === undefined ? undefined : await readPem('cert-file', certFile, 'CERTIFICATE'),
    key: keyFile === undefined ? undefined : await readPem('key-file', keyFile, 'PRIVATE KEY'),
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
    throw unusableFile(`${names.join(', ')}: ${errorMessage(error)}`, error);
  }
}

/** `label` as in RFC 7468, after an algorithm's name in older keys. */
async function readPem(what: string, path: string, label: string): Promise<string> {
  const text = await readSmallFile(what, path);
  if (new RegExp(`-----BEGIN ([A-Z0-9]+ )*${label}-----`).test(text)) return text;
  throw unusableFile(`${what} ${path}: there is no -----BEGIN ${label}----- in it`);
}

function sameContent(a: Content, b: Content): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
