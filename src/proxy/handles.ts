import type { Server } from 'node:net';
import process from 'node:process';

/**
 * What Node's own sockets are made of, as far as it is used here. Methods return 0 or a negative
 * error number.
 */
export interface Handle {
  onread: (this: Handle) => void;
  readonly fd: number;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: Request, buffer: Buffer): number;
  shutdown(request: Request): number;
  close(): void;
  /** TCP only, as all that follow. */
  reset?(): number;
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, idleSeconds: number): number;
  getpeername?(out: NameOut): number;
  getsockname?(out: NameOut): number;
}

export interface NameOut {
  address: string;
  family: string;
  port: number;
}

/** Something under way; calls `oncomplete` unless its call has failed at once. */
export interface Request {
  oncomplete: (this: Request, status: number) => void;
}

export interface TcpHandle extends Handle {
  connect(request: Request, host: string, port: number): number;
  connect6(request: Request, host: string, port: number): number;
}

export interface PipeHandle extends Handle {
  /** Returns nothing where it cannot fail at once. */
  connect(request: Request, path: string): number | undefined;
}

/** The handle of a listening server. */
export interface ServerHandle {
  onconnection: (status: number, client: Handle) => void;
}

/** The classes of Node's sockets, and where they leave what a call has come to. */
export interface Handles {
  newTcp(): TcpHandle;
  newPipe(): PipeHandle;
  newRequest(kind: 'tcp-connect' | 'pipe-connect' | 'write' | 'shutdown'): Request;
  /** Inside `onread`: the number of bytes read, or a negative error number. */
  readonly bytesReadOrError: () => number;
  /** Right after `writeBuffer`: whether it goes on. */
  readonly isWriteUnderWay: () => boolean;
}

/**
 * The classes below `net.Socket`, which Node keeps to itself. Undefined where this Node does not
 * let them be had, or has others: sessions then run on `net.Socket`.
 */
export function findHandles(find: (name: string) => unknown = binding): Handles | undefined {
  const [tcp, pipe, stream] = ['tcp_wrap', 'pipe_wrap', 'stream_wrap'].map(find);
  if (!isTcpBinding(tcp) || !isPipeBinding(pipe) || !isStreamBinding(stream)) return undefined;
  const requests = {
    'tcp-connect': tcp.TCPConnectWrap,
    'pipe-connect': pipe.PipeConnectWrap,
    write: stream.WriteWrap,
    shutdown: stream.ShutdownWrap,
  };
  const { streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = stream;
  return {
    newTcp: () => new tcp.TCP(tcp.constants.SOCKET),
    newPipe: () => new pipe.Pipe(pipe.constants.SOCKET),
    newRequest: (kind) => new requests[kind](),
    bytesReadOrError: () => streamBaseState[kReadBytesOrError] ?? 0,
    isWriteUnderWay: () => streamBaseState[kLastWriteWasAsync] !== 0,
  };
}

/** The handle of a listening server; undefined where this Node is built otherwise. */
export function handleOf(server: Server): ServerHandle | undefined {
  const handle = (server as unknown as { _handle?: Partial<ServerHandle> })._handle;
  return typeof handle?.onconnection === 'function' ? (handle as ServerHandle) : undefined;
}

/** Public, deprecated, and without a successor; throws where Node's permission model is on. */
function binding(name: string): unknown {
  const { binding: find } = process as { binding?: (name: string) => unknown };
  try {
    return find?.(name);
  } catch {
    return undefined;
  }
}

type Class<T> = new (kind: number) => T;
type RequestClass = new () => Request;

interface TcpBinding {
  readonly TCP: Class<TcpHandle>;
  readonly TCPConnectWrap: RequestClass;
  readonly constants: { readonly SOCKET: number };
}

interface PipeBinding {
  readonly Pipe: Class<PipeHandle>;
  readonly PipeConnectWrap: RequestClass;
  readonly constants: { readonly SOCKET: number };
}

interface StreamBinding {
  readonly WriteWrap: RequestClass;
  readonly ShutdownWrap: RequestClass;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

const streamMethods = [
  'useUserBuffer',
  'readStart',
  'readStop',
  'writeBuffer',
  'shutdown',
  'close',
];
const tcpMethods = [
  'reset',
  'setNoDelay',
  'setKeepAlive',
  'getpeername',
  'getsockname',
  'connect6',
];

function isTcpBinding(found: unknown): found is TcpBinding {
  const { TCP, TCPConnectWrap, constants } = (found ?? {}) as Partial<TcpBinding>;
  const methods = ['connect', ...streamMethods, ...tcpMethods];
  return hasMethods(TCP, methods) && isClass(TCPConnectWrap) && Number.isInteger(constants?.SOCKET);
}

function isPipeBinding(found: unknown): found is PipeBinding {
  const { Pipe, PipeConnectWrap, constants } = (found ?? {}) as Partial<PipeBinding>;
  const methods = ['connect', ...streamMethods];
  return (
    hasMethods(Pipe, methods) && isClass(PipeConnectWrap) && Number.isInteger(constants?.SOCKET)
  );
}

function isStreamBinding(found: unknown): found is StreamBinding {
  const stream = (found ?? {}) as Partial<StreamBinding>;
  const { streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = stream;
  if (!isClass(stream.WriteWrap) || !isClass(stream.ShutdownWrap)) return false;
  if (!ArrayBuffer.isView(streamBaseState)) return false;
  return [kReadBytesOrError, kLastWriteWasAsync].every((index) => Number.isInteger(index));
}

function hasMethods(found: unknown, names: readonly string[]): boolean {
  if (!isClass(found)) return false;
  const { prototype } = found as { prototype: Record<string, unknown> };
  return names.every((name) => typeof prototype[name] === 'function');
}

function isClass(found: unknown): boolean {
  return typeof found === 'function';
}
