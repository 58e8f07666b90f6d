import { connect, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';

import { formatAddress, withoutFinalDot, type Address } from '../model/address.js';
import type { Clock } from '../model/ports.js';
import { nodeHost, withoutZone } from '../model/zones.js';

/** Whom to talk to. */
export interface Peer {
  /** With an IP literal as host: nothing is resolved here. */
  readonly address: Address;
  /** The name that was resolved to `address`: verified against the certificate, sent as Host header. */
  readonly host: string;
}

export interface PeerTls {
  readonly context: SecureContext;
  /** Verified instead of the peer's host. */
  readonly serverName: string | undefined;
}

/**
 * A connected socket, with its TLS handshake done and the certificate verified if `tls` is given.
 * The caller ends it (`endInOrder`) or destroys it; errors after the connect show as 'close'.
 * @throws the system's or OpenSSL's error, or the signal's reason; the socket is gone by then.
 */
export async function connectPeer(
  peer: Peer,
  tls: PeerTls | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = dial(peer.address);
  await established(socket, 'connect', signal);
  if (tls === undefined) return socket;
  const secure = connectTls({
    socket,
    secureContext: tls.context,
    checkServerIdentity: nameProblem,
    ...expectedName(tls.serverName ?? peer.host),
    rejectUnauthorized: true,
  });
  await established(secure, 'secureConnect', signal);
  return secure;
}

/**
 * Ends the connection with close_notify and FIN and reads until the peer has done so too, for one
 * second at most: etcd logs a connection that is reset, or ends before the handshake is through, as
 * rejected. Errors on the way no longer matter. A socket that is destroyed already is done.
 */
export function endInOrder(socket: Socket, clock: Clock, signal: AbortSignal): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = (): void => void socket.destroy();
    const timer = clock.setTimer(longestEndMs, cut);
    signal.addEventListener('abort', cut);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      timer.cancel();
      signal.removeEventListener('abort', cut);
      resolve();
    });
    socket.end();
    socket.resume();
    if (signal.aborted) cut();
  });
}

const longestEndMs = 1_000;

/**
 * Why a certificate is not for this host name or IP address; undefined: it is. Unlike Node, a CommonName
 * alone counts for nothing (RFC 9525 section 2; Go's crypto/x509 refuses it too).
 */
export function nameProblem(name: string, certificate: PeerCertificate): Error | undefined {
  const withoutCommonName = { ...certificate, subject: { ...certificate.subject, CN: '' } };
  const problem = checkServerIdentity(name, withoutCommonName);
  if (!problem || certificate.subjectaltname !== undefined) return problem;
  return new Error(
    `its certificate has no subject alternative name, and a CommonName does not count (issue it with one for ${name})`,
  );
}

/** The Host header for a request to this peer (RFC 9110 section 7.2). */
export function authority({ address, host }: Peer): string {
  return address.kind === 'unix' ? 'localhost' : formatAddress({ ...address, host: bare(host) });
}

function dial(address: Address): Socket {
  if (address.kind === 'unix') return connect({ path: address.path });
  return connect({ host: nodeHost(address.host), port: address.port, noDelay: true });
}

/** RFC 6066 section 3: an address is never sent as server name, but verified all the same. */
function expectedName(name: string): { host: string; servername: string } {
  const host = bare(name);
  return { host, servername: isIP(host) === 0 ? host : '' };
}

/** A name as others know it: the final dot and the zone are for this machine only. */
function bare(name: string): string {
  return withoutFinalDot(withoutZone(name));
}

function established(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => void socket.destroy(signal.reason as Error);
    const settle = (outcome: () => void): void => {
      signal.removeEventListener('abort', aborted);
      outcome();
    };
    socket.once(event, () => settle(resolve));
    socket.on('error', (error) => settle(() => reject(error)));
    socket.once('close', () => settle(() => reject(new Error('the connection was closed'))));
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted);
  });
}
