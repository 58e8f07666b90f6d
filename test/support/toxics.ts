import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import type { Scope } from './scope.js';
import { until } from './until.js';

/** What goes wrong on the way between the gateway and the peer behind; names are Toxiproxy's. */
export interface Toxics {
  /** Each piece comes this late, in both directions. */
  readonly latencyMs?: number;
  /** Bytes per second, in both directions. */
  readonly bandwidth?: number;
  /** The peer's end comes this late. */
  readonly slowCloseMs?: number;
  /** Pieces are cut to this many bytes, in both directions. */
  readonly slicer?: number;
  /** After this many bytes of the peer its direction ends, as if it had meant that. */
  readonly limitData?: number;
  /** After this many bytes of the peer the connection is reset. */
  readonly resetPeerAfter?: number;
  /** Nothing passes, nothing is closed: what is sent is swallowed. */
  readonly timeout?: boolean;
  /** Nothing is read or written, as by a stopped process. */
  readonly hang?: boolean;
}

/** Who connects to the way: the peer is then a client of the gateway, or else its endpoint. */
export type Dialing = 'client' | 'gateway';

/** One connection that goes the way. */
export interface Passage {
  /** Towards the gateway. */
  readonly near: Socket;
  /** Towards the peer behind. */
  readonly far: Socket;
  /** Bytes of the peer that have reached the gateway's side. */
  passed: number;
}

/** A way to a port on which things go wrong, which may change at any time. */
export class ToxicWay {
  readonly passages: Passage[] = [];
  toxics: Toxics;
  /** Called with each new passage before anything passes. */
  opened: (passage: Passage) => void = () => undefined;
  readonly #server: Server;
  readonly #dialing: Dialing;

  private constructor(target: number, toxics: Toxics, dialing: Dialing) {
    this.toxics = toxics;
    this.#dialing = dialing;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (accepted) => {
      this.#join(accepted, connect({ port: target, host: '127.0.0.1', ...halfOpen }));
    });
  }

  static async open(target: number, toxics: Toxics, dialing: Dialing): Promise<ToxicWay> {
    const way = new ToxicWay(target, toxics, dialing);
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    way.port = (way.#server.address() as AddressInfo).port;
    return way;
  }

  port = 0;

  /** Takes no new connection and keeps those it has; its port is free at once. */
  refuse(): void {
    this.#server.close();
  }

  destroy(): void {
    this.toxics = {}; // whoever waits for a hang to end
    this.refuse();
    for (const { near, far } of this.passages) for (const one of [near, far]) one.destroy();
  }

  #join(accepted: Socket, dialed: Socket): void {
    const [near, far] = this.#dialing === 'gateway' ? [accepted, dialed] : [dialed, accepted];
    const passage: Passage = { near, far, passed: 0 };
    this.passages.push(passage);
    near.on('error', () => reset(far));
    far.on('error', () => reset(near));
    this.opened(passage);
    this.#pump(far, near, passage).catch(() => reset(near));
    this.#pump(near, far).catch(() => reset(far));
  }

  /** With a passage: from the peer to the gateway, where more can go wrong. */
  async #pump(from: Socket, to: Socket, passage?: Passage): Promise<void> {
    if (passage && this.#left(passage) > 0) {
      await this.#pass(from, to, passage);
      from.resume(); // whatever is cut off
    } else if (!passage) await this.#pass(from, to);
    if (passage && passage.passed >= (this.toxics.resetPeerAfter ?? Infinity)) {
      await sleep(50); // a reset may overtake bytes that nobody has read yet
      reset(to);
      return;
    }
    await this.#unblocked();
    await pause(passage ? this.toxics.slowCloseMs : 0);
    if (this.toxics.timeout !== true) to.end();
  }

  async #pass(from: Socket, to: Socket, passage?: Passage): Promise<void> {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      await this.#unblocked();
      if (this.toxics.timeout === true) continue;
      const bytes = (chunk as Buffer).subarray(0, passage ? this.#left(passage) : Infinity);
      await this.#write(bytes, to);
      if (!passage) continue;
      passage.passed += bytes.length;
      if (this.#left(passage) <= 0) return;
    }
  }

  async #write(bytes: Buffer, to: Socket): Promise<void> {
    const { slicer = bytes.length, latencyMs = 0, bandwidth = Infinity } = this.toxics;
    for (let at = 0; at < bytes.length; at += slicer) {
      const slice = bytes.subarray(at, at + slicer);
      await pause(latencyMs + (1_000 * slice.length) / bandwidth);
      if (!to.write(slice)) await once(to, 'drain');
      if (slicer < bytes.length) await nextTurn(); // or the kernel makes one piece of them again
    }
  }

  /** How many bytes of the peer may still pass. */
  #left({ passed }: Passage): number {
    const { limitData = Infinity, resetPeerAfter = Infinity } = this.toxics;
    return Math.min(limitData, resetPeerAfter) - passed;
  }

  async #unblocked(): Promise<void> {
    if (this.toxics.hang !== true) return;
    await until(() => this.toxics.hang !== true, { what: 'a hang to end', timeoutMs: 60_000 });
  }
}

/** The way to an upstream. Returns the address to put before the gateway. */
export async function withToxics(scope: Scope, port: number, toxics: Toxics): Promise<string> {
  const way = await withToxicWay(scope, port, toxics, 'gateway');
  return `127.0.0.1:${way.port}`;
}

export async function withToxicWay(
  scope: Scope,
  target: number,
  toxics: Toxics,
  dialing: Dialing,
): Promise<ToxicWay> {
  const way = await ToxicWay.open(target, toxics, dialing);
  scope.defer(() => way.destroy());
  return way;
}

const halfOpen = { allowHalfOpen: true, noDelay: true } as const;

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

async function pause(ms = 0): Promise<void> {
  if (ms >= 1) await sleep(ms);
}
