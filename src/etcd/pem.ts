import { X509Certificate } from 'node:crypto';

import { readSmallFile, unusableFile } from '../model/small-file.js';

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
 * @throws GatewayError (side `config`) that says which one it is, and in which line.
 */
export function checkCertificates(key: string, path: string, text: string): void {
  const damaged = (begins: number, offset: number, cause?: unknown): never => {
    const number = [...text.slice(0, begins).matchAll(begin)].length + 1;
    const line = text.slice(0, offset).split('\n').length;
    throw unusableFile(
      `${key} ${path}: its certificate ${number} is damaged at line ${line}`,
      cause,
    );
  };
  const rest = text.replace(wholeCertificate, (pem, offset: number) => {
    try {
      new X509Certificate(pem);
    } catch (error) {
      damaged(offset, offset + firstStrange(pem), error);
    }
    return ' '.repeat(pem.length);
  });
  const left = rest.search(looseMark);
  if (left !== -1) damaged(left, left);
}

/**
 * The same with each block on lines of its own, as OpenSSL wants it: files that were put together
 * without a line break between them are common.
 */
export function separateBlocks(text: string): string {
  return text
    .replace(/(?<=[^\n])(?=-----BEGIN [A-Z0-9 ]+-----)/g, '\n')
    .replace(/(?<=-----END [A-Z0-9 ]+-----)(?=[^\r\n])/g, '\n');
}

const begin = /-----BEGIN CERTIFICATE-----/g;
const wholeCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** What is left of a certificate that has lost its beginning, its end, or some of its dashes. */
const looseMark = /-+(BEGIN|END) CERTIFICATE(?! REQUEST)/;

/** Where the first line begins that no certificate has; the beginning if there is none. */
function firstStrange(pem: string): number {
  const strange = /^(?!(-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/]*={0,2})\r?$)/m.exec(pem);
  return strange?.index ?? 0;
}
