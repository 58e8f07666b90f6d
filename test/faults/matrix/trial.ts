import { connect, type Socket } from 'node:net';

import { patterned } from '../../support/bytes.js';
import { whoAnswers } from '../../support/client.js';
import type { LogLine } from '../../support/gateway.js';
import { freePort } from '../../support/ports.js';
import type { Scope } from '../../support/scope.js';
import { withToxicWay, type ToxicWay } from '../../support/toxics.js';
import { until } from '../../support/until.js';
import { withUpstream } from '../../support/upstream.js';
import type { Cell, Kind, Phase } from './cells.js';
import { spareName, type Entry, type Lab } from './lab.js';
import { Party } from './party.js';
import { strike } from './strike.js';

const KiB = 1024;

/** What each side says before the middle. */
const firstPart = 64 * KiB;

/** More than all buffers on the way hold, where it matters that somebody stops reading. */
const longKinds: ReadonlySet<Kind> = new Set(['hang', 'half-open', 'black-hole', 'reset-peer']);

/**
 * One session with one fault. The client speaks first; each side says its first part and, after
 * the middle, the rest: the client with its end, the endpoint after that end, with its own.
 */
export class Trial {
  readonly cell: Cell;
  client: Party | undefined;
  endpoint: Party | undefined;
  /** What a second client got, where one came. */
  newcomer: 'refused' | 'served' | undefined;
  /** The endpoint as the gateway knows it. */
  address = '';
  readonly length: number;
  readonly #lab: Lab;
  readonly #scope: Scope;
  #way: ToxicWay | undefined;
  #port = 0;
  readonly #reloads: Promise<void>[] = [];

  constructor(cell: Cell, lab: Lab, scope: Scope) {
    this.cell = cell;
    this.#lab = lab;
    this.#scope = scope;
    this.length = firstPart + (longKinds.has(cell.kind) ? 512 : 64) * KiB;
  }

  async prepare(): Promise<void> {
    const behaviour = (socket: Socket): void => this.#serve(socket);
    const upstream = await withUpstream(this.#scope, { behaviour });
    this.#port = await freePort();
    const isBehind = this.cell.side === 'endpoint';
    const target = isBehind ? upstream.port : this.#port;
    const dialing = isBehind ? 'gateway' : 'client';
    this.#way = await withToxicWay(this.#scope, target, {}, dialing);
    this.address = isBehind ? `127.0.0.1:${this.#way.port}` : upstream.address;
    await this.#lab.change({ [this.cell.name]: this.#entry() });
  }

  /** Until the session is over, or was never one. */
  async run(): Promise<void> {
    await this.#strikeIn('before-connect');
    this.client = this.#connect();
    if (this.cell.phase === 'first-bytes') {
      await until(() => this.endpoint && this.#isDialed, {
        what: 'the session',
        timeoutMs: 20_000,
      });
      await this.#strikeIn('first-bytes');
    }
    this.client.sayUpTo(firstPart);
    await until(() => this.#isAtMiddle || this.isOver, { what: 'the middle', timeoutMs: 40_000 });
    await this.#middle();
    this.client.finish();
    await until(() => this.isOver, { what: 'the end of the session', timeoutMs: 40_000 });
    await Promise.all(this.#reloads);
  }

  /** The gateway has told an end, or has never known a session. */
  get isOver(): boolean {
    const { refused } = this.#lab.logOf(this.cell.name);
    const isRefused = refused.length > (this.newcomer === 'refused' ? 1 : 0);
    return this.closed.length > 0 || isRefused || this.#isUnseen;
  }

  /** The ends of sessions with the endpoint that were told. */
  get closed(): readonly LogLine[] {
    const { closed } = this.#lab.logOf(this.cell.name);
    return closed.filter(({ endpoint }) => endpoint === this.address);
  }

  /** The gateway knows that it is connected; the kernel takes the connection on the endpoint's behalf before. */
  get #isDialed(): boolean {
    return this.#lab.logOf(this.cell.name).dialed.length > 0;
  }

  get #isUnseen(): boolean {
    const mayBe = this.cell.expected.outcomes.includes('unseen');
    return mayBe && this.#way?.passages[0]?.near.closed === true;
  }

  get #isAtMiddle(): boolean {
    const isThere = (party?: Party): boolean =>
      party !== undefined && (party.received >= firstPart || party.hasEnded);
    return isThere(this.client) && isThere(this.endpoint);
  }

  async #middle(): Promise<void> {
    const { name, phase } = this.cell;
    if (phase === 'drain') await this.#lab.set(name, { endpoints: [this.#lab.spare] });
    if (phase === 'reload') this.#reloads.push(this.#lab.set(name, { 'slow-start': '1s' }));
    for (const one of ['mid-stream', 'drain', 'reload'] as const) await this.#strikeIn(one);
    await Promise.all(this.#reloads);
    if (phase === 'reload') this.#reloads.push(this.#lab.set(name, { 'slow-start': '2s' }));
  }

  async #strikeIn(phase: Phase): Promise<void> {
    if (phase !== this.cell.phase) return;
    const way = this.#way;
    if (!way) throw new Error('a fault without a way to be on');
    const dialedPort = this.cell.side === 'endpoint' ? way.port : this.#port;
    await strike({ cell: this.cell, scope: this.#scope, way, dialedPort });
    if (this.cell.expected.newcomer === undefined) return;
    const name = await whoAnswers(this.#port);
    this.newcomer = name === spareName ? 'served' : 'refused';
  }

  #connect(): Party {
    const port = this.cell.side === 'client' ? (this.#way?.port ?? 0) : this.#port;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#scope.defer(() => socket.destroy());
    return new Party(socket, { says: this.#bytes(1), hears: this.#bytes(2) });
  }

  /** The session's connection comes first. On others the gateway asks for itself, where an answer is slow. */
  #serve(socket: Socket): void {
    if (this.endpoint) {
      answerQuestion(socket);
      return;
    }
    const party = new Party(socket, { says: this.#bytes(2), hears: this.#bytes(1) });
    this.endpoint = party;
    socket.once('data', () => party.sayUpTo(firstPart));
    socket.once('end', () => void this.#answer(party));
  }

  async #answer(party: Party): Promise<void> {
    await this.#strikeIn('half-close');
    party.finish();
  }

  #bytes(seed: number): Buffer {
    return patterned(this.length, seed);
  }

  /** Limits are short where they are to be reached, and else those of everybody. */
  #entry(): Entry {
    const { outcomes, isEjected = false } = this.cell.expected;
    const { kind } = this.cell;
    return {
      'listen-addr': `127.0.0.1:${this.#port}`,
      endpoints: [this.address],
      // half of it is what an endpoint that is well has for answering the gateway
      ...(outcomes.includes('first-byte-timeout')
        ? { 'first-byte-timeout': isEjected ? '1s' : '10s' }
        : {}),
      ...(isHealed(this.cell) ? { 'first-byte-timeout': '1m' } : {}),
      ...(outcomes.includes('idle') ? { 'idle-timeout': '2s' } : {}),
      ...(outcomes.includes('drain-timeout') ? { 'drain-timeout': '1s' } : {}),
      ...(kind === 'half-open' ? { keepalive: '1s' } : {}),
      ...(kind === 'accept-queue' || kind === 'black-hole' ? { 'connect-timeout': '1s' } : {}),
    };
  }
}

/** As etcd answers health checks. */
function answerQuestion(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.once('end', () => socket.end());
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n{"health":"true"}'));
}

/** TCP doubles its pauses: a black hole that a busy machine makes longer costs several times as much. */
function isHealed({ kind, expected }: Cell): boolean {
  return kind === 'black-hole' && expected.outcomes.includes('done');
}
