import { X509Certificate } from 'node:crypto';

import { readSmallFile, unusableFile } from './small-file.js';

/**
 * Text of a PEM file; `key` is its key in the configuration, `label` as in RFC 7468, which in older
 * private keys stands after an algorithm's name.
 * @throws GatewayError (side `config`) naming key and path.
 */
export async function readPem(key: string, path: string, label: string): Promise<string> {
  const text = await readSmallFile(key, path);
  if (new RegExp(`-----BEGIN ([A-Z0-9]+ )*${label}-----`).test(text)) return text;
  throw unusableFile(`${key} ${path} is no PEM file: there is no -----BEGIN ${label}----- in it`);
}

/**
 * OpenSSL leaves a damaged certificate out, and all after it, without a word.
 * @throws GatewayError (side `config`) that says which one it is.
 */
export function checkCertificates(key: string, path: string, text: string): void {
  for (const [index, pem] of [...text.matchAll(certificate)].entries()) {
    try {
      new X509Certificate(pem[0]);
    } catch (error) {
      throw unusableFile(`${key} ${path}: its certificate ${index + 1} is damaged`, error);
    }
  }
}

/** Up to its end, or up to the end of the text where that is missing. */
const certificate = /-----BEGIN CERTIFICATE-----[^-]*(-----END CERTIFICATE-----|$|-)/g;
