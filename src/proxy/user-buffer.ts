import { Socket, type SocketConstructorOpts } from 'node:net';

/** Where a socket reads to: `buffer` before each read, `callback` after it. As `onread` of net. */
export interface ReadTarget {
  readonly buffer: () => Buffer;
  /** False pauses the socket. The buffer is the one that `buffer` returned. */
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean;
}

/**
 * Makes an accepted, still paused socket read into buffers of ours, as `onread` does for sockets
 * that dial: half of the CPU and a fraction of the memory of 'data' events.
 *
 * Node offers no public way to do so for accepted sockets. This sets what its constructor would
 * have set, found by the names of a socket that was made with `onread`. False, and nothing
 * touched, where this Node is built otherwise: the caller then reads by 'data' events.
 */
export function readInto(socket: Socket, target: ReadTarget): boolean {
  const handle = (socket as unknown as { _handle?: Partial<UserBufferHandle> })._handle;
  if (!slots || typeof handle?.useUserBuffer !== 'function') return false;
  const fields = socket as unknown as Record<symbol, unknown>;
  const buffer = target.buffer();
  fields[slots.buffer] = buffer;
  fields[slots.callback] = target.callback;
  fields[slots.generator] = target.buffer;
  handle.useUserBuffer(buffer);
  return true;
}

interface UserBufferHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

interface Slots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

const slots = findSlots();

function findSlots(): Slots | undefined {
  const buffer = () => Buffer.alloc(0);
  const callback = () => true;
  const socket = new Socket({ onread: { buffer, callback } } as SocketConstructorOpts);
  const found = new Map<unknown, symbol>();
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const value = (socket as unknown as Record<symbol, unknown>)[symbol];
    if (symbol.description === 'kBuffer') found.set('buffer', symbol);
    else if (value === buffer) found.set('generator', symbol);
    else if (value === callback) found.set('callback', symbol);
  }
  const [first, second, third] = ['buffer', 'callback', 'generator'].map((name) => found.get(name));
  return first && second && third
    ? { buffer: first, callback: second, generator: third }
    : undefined;
}
