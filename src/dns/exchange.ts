import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { DecodedPacket } from 'dns-packet';
import { plainReason } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { nodeHost } from '../model/zones.js';
import { DnsError } from './errors.js';
import { framed, FramedMessage } from './framing.js';
import type { DnsServer } from './servers.js';
import type { Turns } from './turns.js';
import { encodeQuery, readReply, type Query, type Reading } from './wire.js';

/** One question to one server. */
export interface Exchange {
  readonly server: DnsServer;
  readonly query: Query;
  readonly limitMs: number;
  /** Whether UDP is not to be used. */
  readonly overTcp: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Those who ask a silent server together run out of time together: a few in a turn are told. */
  readonly timeouts: Turns;
}

export type Reply = Exclude<Reading, { readonly kind: 'ignored' }>;

/** Far more than was offered (1,232 bytes), for servers that do not look. */
const longestDatagram = 4096;
/** Whoever sends so many datagrams that are no answer to one query is not heard further. */
const mostIgnored = 16;

/**
 * Asks over UDP from a connected socket of its own: the kernel drops what others send, the source
 * port is random, and a refusal arrives at once. What does not answer the query is ignored, up to
 * 16 datagrams, until the time limit.
 * @throws DnsError
 */
export function askOverUdp(exchange: Exchange, edns: boolean): Promise<Reply> {
  const { server, query } = exchange;
  return bounded(exchange, (resolve, reject) => {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    const fail = (error: Error): void => {
      reject(unreachable(error));
    };
    socket.on('error', fail);
    let ignored = 0;
    socket.on('message', (bytes) => {
      const reading = bytes.length > longestDatagram ? undefined : readReply(bytes, query);
      if (reading && reading.kind !== 'ignored') resolve(reading);
      else if ((ignored += 1) >= mostIgnored) {
        reject(new DnsError('malformed', `sent ${mostIgnored} datagrams that answer nothing`));
      }
    });
    // With a callback `connect` would tell that of a failure, such as a missing route, and no 'error'.
    socket.on('connect', () => {
      socket.send(encodeQuery(query, edns), (error) => {
        if (error) fail(error);
      });
    });
    socket.connect(server.port, nodeHost(server.host));
    return () => socket.close();
  });
}

/**
 * Asks over TCP (RFC 7766), where a message is preceded by its length and at most 64 KiB long.
 * @throws DnsError
 */
export function askOverTcp(exchange: Exchange, edns: boolean): Promise<DecodedPacket> {
  const { server, query } = exchange;
  return bounded(exchange, (resolve, reject) => {
    const socket = connect({ host: nodeHost(server.host), port: server.port });
    const answer = new FramedMessage();
    socket.on('error', (error) => {
      reject(unreachable(error));
    });
    socket.on('end', () => {
      reject(new DnsError('malformed', 'closed the connection without an answer'));
    });
    socket.on('data', (chunk) => {
      const message = answer.add(chunk);
      if (!message) return;
      const reading = readReply(message, query);
      if (reading.kind === 'reply') resolve(reading.reply);
      else reject(new DnsError('malformed', 'sent something else than the answer'));
    });
    socket.on('connect', () => socket.write(framed(encodeQuery(query, edns))));
    return () => socket.destroy();
  });
}

/** Runs what `start` begins until it ends, its time is over or it is aborted; then disposes of it. */
async function bounded<T>(
  { limitMs, signal, clock, timeouts }: Exchange,
  start: (resolve: (value: T) => void, reject: (error: DnsError) => void) => () => void,
): Promise<T> {
  if (signal.aborted) throw aborted();
  let resolve!: (value: T) => void;
  let reject!: (error: DnsError) => void;
  const promise = new Promise<T>((whenResolved, whenRejected) => {
    resolve = whenResolved;
    reject = whenRejected;
  });
  const abort = (): void => reject(aborted());
  const giveUp = (): void => reject(new DnsError('timeout', 'no answer in time'));
  let takeBack: (() => void) | undefined;
  const timer = clock.setTimer(limitMs, () => (takeBack = timeouts.take(giveUp)));
  signal.addEventListener('abort', abort);
  let dispose: (() => void) | undefined;
  try {
    dispose = start(resolve, reject);
    return await promise;
  } finally {
    timer.cancel();
    takeBack?.();
    signal.removeEventListener('abort', abort);
    dispose?.();
  }
}

function unreachable(error: Error): DnsError {
  return new DnsError('unreachable', plainReason(error), error);
}

function aborted(): DnsError {
  return new DnsError('aborted', 'no longer wanted');
}
