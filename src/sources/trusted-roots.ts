import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { errorCode, GatewayError } from '../model/errors.js';

/** Where Linux distributions keep their roots, in the order of Go's crypto/x509/root_linux.go. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Certificates in PEM: those of `trusted-ca-file`, else the system's, else those Node brings along.
 * @throws GatewayError where the file cannot be read or holds no certificate
 */
export async function readTrustedRoots(caFile: string | undefined): Promise<readonly string[]> {
  return caFile === undefined ? readSystemRoots() : certificatesIn(await read(caFile), caFile);
}

async function readSystemRoots(): Promise<readonly string[]> {
  for (const bundle of systemBundles) {
    try {
      return certificatesIn(await readFile(bundle, 'utf8'), bundle);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  return rootCertificates;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(`trusted-ca-file ${file} cannot be read: ${errorCode(error)}`, error);
  }
}

function certificatesIn(text: string, file: string): readonly string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw unusable(`trusted-ca-file ${file} holds no PEM certificate`);
  return found.map((pem, index) => {
    try {
      return new X509Certificate(pem).toString();
    } catch (error) {
      throw unusable(`certificate ${index + 1} of trusted-ca-file ${file} is damaged`, error);
    }
  });
}

function unusable(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: 'BAD_CA_FILE', side: 'config', retryable: true, cause });
}
