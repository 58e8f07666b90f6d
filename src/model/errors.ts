import { zoneProblem } from './zones.js';

/** Whose failure an error is: one of `config` or `system` is ours, and proves nothing of an endpoint. */
export type ErrorSide = 'endpoint' | 'dns' | 'config' | 'system';

export interface GatewayErrorOptions {
  readonly code: string;
  readonly side: ErrorSide;
  readonly cause?: unknown;
}

/** An error whose message a user can read and act on; everything else is a defect. */
export class GatewayError extends Error {
  readonly code: string;
  readonly side: ErrorSide;

  constructor(message: string, options: GatewayErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = options.code;
    this.side = options.side;
  }
}

/** The code of a system error (`ECONNREFUSED`), or the error's name where it has none. */
export function errorCode(error: unknown): string {
  if (error instanceof Error) {
    const code: unknown = (error as NodeJS.ErrnoException).code;
    return typeof code === 'string' ? code : error.name;
  }
  return 'unknown';
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is wrong with the zone of the address that a call has failed for; undefined: nothing is. */
export function zoneReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !zoneErrors.has(errorCode(error))) return undefined;
  const { address } = error as { readonly address?: unknown };
  return typeof address === 'string' ? zoneProblem(address) : undefined;
}

/** What connect(2) and bind(2) make of a zone that is missing or wrong. */
const zoneErrors: ReadonlySet<string> = new Set(['EINVAL', 'EADDRNOTAVAIL', 'ENODEV', 'ENXIO']);

/** Why a connection could not be had, in words for a person; the message where there are none. */
export function plainReason(error: unknown): string {
  const zone = zoneReason(error);
  if (zone !== undefined) return zone;
  const code = errorCode(error);
  const limit = ownLimits[code];
  return limit === undefined ? (reasons[code] ?? errorMessage(error)) : `${code}: ${limit}`;
}

/** Whether a connection failed because this machine or process is at a limit: the peer is not to blame. */
export function isOwnLimit(code: string): boolean {
  return Object.hasOwn(ownLimits, code);
}

/** Why a file cannot be read, in words for a person; the message where there are none. */
export function fileReason(error: unknown): string {
  return fileReasons[errorCode(error)] ?? errorMessage(error);
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory, not a file',
  EACCES: 'permission denied (let the user of this process read it and enter its folders)',
  ELOOP: 'its symbolic links go round in a circle',
};

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'connection timed out',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  EAGAIN: 'its accept queue is full',
};

const noPort =
  'this machine has no local port left to connect from (widen net.ipv4.ip_local_port_range), or no address of that family';

/** See connect(2) and socket(2); each with what to do. */
const ownLimits: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: noPort,
  EADDRINUSE: noPort,
  EMFILE: 'this process is out of file descriptors (raise LimitNOFILE or ulimit -n)',
  ENFILE: 'this machine is out of file descriptors (raise fs.file-max)',
  ENOBUFS: 'the kernel has no memory left for sockets',
  ENOMEM: 'the kernel has no memory left for sockets',
};
