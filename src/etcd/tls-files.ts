import { createSecureContext, type SecureContext } from 'node:tls';

import type { TlsFiles } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { checkCertificates, readPem } from './pem.js';
import { unusableFile } from './small-file.js';
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

async function readContent({ caFile, certFile, keyFile }: TlsFiles): Promise<Content> {
  return {
    ca: await readTrustedRoots('ca-file', caFile),
    cert: certFile === undefined ? undefined : await readPem('cert-file', certFile, 'CERTIFICATE'),
    key: keyFile === undefined ? undefined : await readPem('key-file', keyFile, 'PRIVATE KEY'),
  };
}

function checkContent({ caFile, certFile }: TlsFiles, { ca = '', cert = '' }: Content): void {
  if (caFile !== undefined) checkCertificates('ca-file', caFile, ca);
  if (certFile !== undefined) checkCertificates('cert-file', certFile, cert);
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

function sameContent(a: Content, b: Content): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
