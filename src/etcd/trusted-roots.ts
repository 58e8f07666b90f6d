import { errorCode, GatewayError } from '../model/errors.js';
import { readPem } from './pem.js';

/**
 * PEM text of the certificates to trust: those of `caFile`, which stands at `key` in the
 * configuration, or the system's. Undefined: this system keeps no bundle; Node's own have to do.
 * @throws GatewayError (side `config`) naming the file that cannot be used.
 */
export async function readTrustedRoots(
  key: string,
  caFile: string | undefined,
): Promise<string | undefined> {
  if (caFile !== undefined) return readPem(key, caFile, 'CERTIFICATE');
  for (const bundle of systemBundles) {
    try {
      return await readPem("the system's roots", bundle, 'CERTIFICATE');
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof GatewayError && errorCode(error.cause) === 'ENOENT';
}

/** Where distributions keep their roots, in the order of Go's crypto/x509/root_linux.go. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
