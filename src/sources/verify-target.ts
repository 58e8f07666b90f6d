import {
  connect as connectTls,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

import { endInOrder, nameProblem } from '../etcd/connect.js';
import { tlsReason } from '../etcd/explain.js';
import { errorCode, errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { nodeHost } from '../model/zones.js';

export interface Handshake {
  /** IP literal. */
  readonly address: string;
  readonly port: number;
  /** Names of which the certificate must have one; the first is the one asked for (SNI). */
  readonly names: readonly [string, ...string[]];
  readonly secureContext: SecureContext;
  readonly limitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Completes one TLS handshake and checks the server's certificate, as etcd's gateway means to
 * (client/v3 `ValidateSecureEndpoints`). What the server thinks of a missing client certificate
 * does not matter. Resolves with the reason to refuse the server; undefined: it is good.
 */
export function verifyServer(handshake: Handshake): Promise<string | undefined> {
  const { address, port, names, secureContext, clock, limitMs, signal } = handshake;
  return new Promise((resolve) => {
    const socket = connectTls({
      host: nodeHost(address),
      port,
      servername: names[0],
      secureContext,
      checkServerIdentity: (_name, certificate) => identityProblem(names, certificate),
      rejectUnauthorized: true,
    });
    let isGood = false;
    const end = (reason: string | undefined): void => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(reason);
    };
    const abort = (): void => end('no longer wanted');
    const timer = clock.setTimer(limitMs, () => end('no TLS handshake in time'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    socket.on('secureConnect', () => {
      isGood = true;
      timer.cancel();
      void endInOrder(socket, clock, signal); // 'close' follows
    });
    socket.on('error', (error: Error) => {
      if (isGood) return;
      end(isAlert(error) && hasProvedItself(socket) ? verdictOf(socket, names) : reasonOf(error));
    });
    socket.on('close', () => {
      end(isGood ? undefined : 'closed the connection during the TLS handshake');
    });
  });
}

function identityProblem(
  names: readonly string[],
  certificate: PeerCertificate,
): Error | undefined {
  const problems = names.map((name) => nameProblem(name, certificate));
  if (problems.includes(undefined)) return undefined;
  if (certificate.subjectaltname === undefined) return problems[0];
  return new Error(`its certificate is not for ${names.join(' or ')}`);
}

/**
 * A TLS 1.2 server that demands a client certificate ends the handshake with an alert, before Node
 * has said what it thinks of the server's own.
 */
function isAlert(error: Error): boolean {
  return /^ERR_SSL_.*_ALERT_/.test(errorCode(error));
}

/**
 * Our Finished message goes out only after a server with an ephemeral key has signed it with its
 * certificate's key (RFC 5246, section 7.4.3): nobody else can have got that far.
 */
function hasProvedItself(socket: TLSSocket): boolean {
  const ephemeralKey = socket.getEphemeralKeyInfo() ?? {};
  return socket.getFinished() !== undefined && 'type' in ephemeralKey;
}

/** What OpenSSL made of the certificate during a handshake that did not complete. */
function verdictOf(socket: TLSSocket, names: readonly string[]): string | undefined {
  const error = verifyErrorOf(socket);
  return error ? reasonOf(error) : identityProblem(names, socket.getPeerCertificate())?.message;
}

/** Node tells this publicly only after a whole handshake, so it is asked of its private handle. */
function verifyErrorOf(socket: TLSSocket): Error | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const verifyError: unknown = isObject(handle) ? Reflect.get(handle, 'verifyError') : undefined;
  if (typeof verifyError !== 'function') return new Error('it demands a client certificate');
  const error: unknown = Reflect.apply(verifyError, handle, []);
  return error instanceof Error ? error : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function reasonOf(error: Error): string {
  const code = errorCode(error);
  const known = reasonsByCode[code];
  if (known !== undefined) return known;
  const tls = tlsReason(error);
  if (tls !== undefined) return `it ${tls}`;
  return code === 'Error' ? errorMessage(error) : code;
}

const reasonsByCode: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, not by a trusted CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by a CA that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by a CA that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by a CA that is not trusted',
  ECONNREFUSED: 'it refuses connections (ECONNREFUSED)',
};
