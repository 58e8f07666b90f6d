import { errorCode, plainReason } from '../model/errors.js';

/** Why a request failed, for people, with what to write where the cause is a wrong `tls`. */
export function explainFailure(error: unknown, usedTls: boolean): string {
  const code = errorCode(error);
  if (usedTls && notTls.has(code)) return 'does not speak TLS here (leave tls out for plain HTTP)';
  if (!usedTls && isTlsRecord(error)) return 'answers with TLS (set tls)';
  if (code === 'ECONNRESET') {
    return usedTls
      ? 'closed the connection during TLS (if it speaks plain HTTP, leave tls out)'
      : 'closed the connection without an answer (if it speaks TLS, set tls)';
  }
  if (code.startsWith('HPE_')) return 'does not answer in HTTP';
  return cleanText(plainReason(error));
}

/** A plain HTTP request to a Go TLS server that tells so. */
export function asksForTls(status: number, body: string): boolean {
  return status === 400 && body.includes('HTTP request to an HTTPS server');
}

/** Text from the network as a log line may hold it: one short line of printable characters. */
export function cleanText(text: string): string {
  const clean = text
    .slice(0, 4 * longestText)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean;
}

const longestText = 200;

const notTls = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

/** RFC 8446 section 5.1: an alert or handshake record begins with its type and 0x03. */
function isTlsRecord(error: unknown): boolean {
  const raw: unknown = (error as { rawPacket?: unknown }).rawPacket;
  return Buffer.isBuffer(raw) && (raw[0] === 0x15 || raw[0] === 0x16) && raw[1] === 0x03;
}
