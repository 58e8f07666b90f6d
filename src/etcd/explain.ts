import { errorCode, plainReason } from '../model/errors.js';

/** Why a request failed, for people, with what to write where the cause is a wrong `tls`. */
export function explainFailure(error: unknown, usedTls: boolean): string {
  const code = errorCode(error);
  if (usedTls && notTls.has(code)) return 'does not speak TLS here (leave tls out for plain HTTP)';
  if (!usedTls && isTlsRecord(error)) return 'answers with TLS (set tls)';
  if (code === 'ECONNRESET') {
    return usedTls
      ? 'closed the connection during TLS (if it speaks plain HTTP, leave tls out; or it refuses the client certificate)'
      : 'closed the connection without an answer (if it speaks TLS, set tls)';
  }
  const tls = tlsReason(error);
  if (tls !== undefined) return tls;
  if (code.startsWith('HPE_')) return 'does not answer in HTTP';
  return cleanText(plainReason(error));
}

/**
 * What a TLS alert of the peer, or OpenSSL's verdict on it, means and what to do about it, as the rest
 * of a sentence about the peer. Undefined: it is neither.
 */
export function tlsReason(error: unknown): string | undefined {
  const code = errorCode(error);
  const alert = /^ERR_SSL_.*ALERT_(?!NUMBER)(.+)$/.exec(code)?.[1];
  if (alert === undefined) return verdicts[code];
  return alerts[alert] ?? `ended TLS with the alert "${alert.toLowerCase().replaceAll('_', ' ')}"`;
}

const noCommonVersion =
  'speaks no TLS version that this gateway does: 1.2 or 1.3 (see its --tls-min-version and --tls-max-version)';

/** RFC 8446 section 6.2, by the names that OpenSSL gives them. Go's older servers say bad certificate for none. */
const alerts: Readonly<Record<string, string>> = {
  BAD_CERTIFICATE:
    'refuses the client certificate, or was shown none (set cert-file and key-file; their CA must be in its --trusted-ca-file)',
  CERTIFICATE_REQUIRED: 'demands a client certificate (set cert-file and key-file)',
  UNKNOWN_CA:
    "does not know the client certificate's CA (use a cert-file that a CA in its --trusted-ca-file has signed)",
  CERTIFICATE_EXPIRED: 'says that the client certificate has expired (renew cert-file)',
  CERTIFICATE_REVOKED: 'says that the client certificate is revoked (replace cert-file)',
  CERTIFICATE_UNKNOWN: 'does not accept the client certificate (see its log)',
  UNSUPPORTED_CERTIFICATE:
    'does not accept this kind of client certificate (cert-file needs extendedKeyUsage clientAuth)',
  DECRYPT_ERROR: 'could not verify the handshake (does key-file belong to cert-file?)',
  HANDSHAKE_FAILURE:
    'accepts none of the ciphers offered, or was shown no client certificate (see its --cipher-suites; set cert-file and key-file)',
  INSUFFICIENT_SECURITY: 'accepts none of the ciphers offered (see its --cipher-suites)',
  PROTOCOL_VERSION: noCommonVersion,
  UNRECOGNIZED_NAME: 'does not know the name that it was asked for (set server-name)',
  ACCESS_DENIED: 'denies access to this client certificate (see its log)',
  INTERNAL_ERROR: 'failed during the handshake (see its log)',
};

const unknownAuthority =
  'has a certificate that is signed by a CA that is not trusted (add that CA to the CA file)';

const verdicts: Readonly<Record<string, string>> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: noCommonVersion,
  ERR_SSL_VERSION_TOO_LOW: noCommonVersion,
  CERT_HAS_EXPIRED: 'has a certificate that has expired (renew it, or check the clock here)',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet (check the clocks)',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'has a certificate that is signed by itself, not by a trusted CA (add it to the CA file)',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
};

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
