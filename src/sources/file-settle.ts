import type { Clock } from '../model/ports.js';

import type { Disk } from './file-disk.js';
import type { FileState } from './file-read.js';
import { sleep } from './file-sleep.js';

/** What a look at the file came to. */
export type Settled =
  | {
      readonly kind: 'read';
      readonly bytes: Buffer;
      readonly signature: string;
      /** Whether it was open for writing all the time. */
      readonly wasOpen: boolean;
    }
  /** The signature is the one that the caller knows. */
  | { readonly kind: 'known' }
  | { readonly kind: 'none'; readonly reason: string }
  /** It was being written all the time; the caller looks again later. */
  | { readonly kind: 'restless' };

export interface SettleOptions {
  readonly quietPeriodMs: number;
  readonly disk: Pick<Disk, 'state' | 'read'>;
  readonly clock: Clock;
  /** Ends the waiting; what is returned then means nothing. */
  readonly signal: AbortSignal;
  /** The signature of what has been read before: no need to read that again. */
  readonly known: string | undefined;
  /** Whether a file last changed a quiet period ago, by the wall clock, stands still already. */
  readonly trustAge: boolean;
}

/**
 * Waits until the file has stood still for the quiet period and nobody has it open for writing any more,
 * or is away for as long, and reads it whole. A file that never stands still is read anyway once the
 * patience is at its end, if one reading can be done without a change in between; so is one that stays open.
 * Never rejects.
 */
export async function settle(path: string, options: SettleOptions): Promise<Settled> {
  const { disk, clock, signal } = options;
  const quietMs = Math.max(shortestQuietMs, options.quietPeriodMs);
  let giveUpAtMs = clock.nowMs() + patienceMs(quietMs);
  let openUntilMs: number | undefined; // a file that is open for writing is read then
  let state = await disk.state(path);
  if (state.kind === 'file' && state.signature === options.known) return { kind: 'known' };
  let pauseMs = options.trustAge ? restOfQuietMs(state, quietMs, clock) : quietMs;
  let still = pauseMs === 0;
  while (!signal.aborted) {
    const isLate = clock.nowMs() >= giveUpAtMs;
    const isOld = options.trustAge && ageMs(state, clock) >= longestOpenMs;
    const isOpenLong = openUntilMs !== undefined && clock.nowMs() >= openUntilMs;
    const evenOpen = isOld || isOpenLong;
    if (isLate || still) {
      const attempt = isLate
        ? await takeMoving(path, disk, evenOpen)
        : await take(path, state, disk, evenOpen);
      if (attempt.kind === 'open') {
        openUntilMs ??= clock.nowMs() + longestOpenMs;
        giveUpAtMs = Math.max(giveUpAtMs, openUntilMs);
      } else if (attempt.kind === 'read') return { ...attempt, wasOpen: isOpenLong };
      else if (isLate || attempt.kind !== 'restless') return attempt;
    }
    await sleep(clock, pauseMs, signal);
    const next = await disk.state(path);
    still = sameState(state, next);
    state = next;
    pauseMs = quietMs;
  }
  return { kind: 'restless' };
}

/** How long a file that stays open for writing is waited for; one that has not changed for as long is not. */
const longestOpenMs = 10_000;

/** Timestamps of files are some 4 ms coarse: two writes within that could look like one. */
const shortestQuietMs = 10;

/** A file that is changed for longer than this without a pause is not waited for any longer. */
function patienceMs(quietMs: number): number {
  return Math.max(2_000, 10 * quietMs);
}

function restOfQuietMs(state: FileState, quietMs: number, clock: Clock): number {
  return Math.min(quietMs, Math.max(0, quietMs - ageMs(state, clock)));
}

/** Since its last change, by the wall clock; 0 where there is no file. */
function ageMs(state: FileState, clock: Clock): number {
  return state.kind === 'file' ? clock.wallMs() - state.changedAtMs : 0;
}

function sameState(a: FileState, b: FileState): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.signature === b.signature;
}

type Attempt =
  | Omit<Extract<Settled, { kind: 'read' }>, 'wasOpen'>
  | Extract<Settled, { kind: 'none' | 'restless' }>
  /** Somebody has the file open for writing. */
  | { readonly kind: 'open' };

async function take(
  path: string,
  state: FileState,
  disk: SettleOptions['disk'],
  evenOpen: boolean,
): Promise<Attempt> {
  if (state.kind === 'none') return state;
  const attempt = await disk.read(path, state.signature, evenOpen);
  if (attempt.kind === 'changed') return { kind: 'restless' };
  if (attempt.kind !== 'read') return attempt;
  return { kind: 'read', bytes: attempt.bytes, signature: state.signature };
}

/** A writer leaves gaps, however short: some attempt may fit into one. */
async function takeMoving(
  path: string,
  disk: SettleOptions['disk'],
  evenOpen: boolean,
): Promise<Attempt> {
  for (let attempt = 1; attempt < 5; attempt += 1) {
    const settled = await take(path, await disk.state(path), disk, evenOpen);
    if (settled.kind !== 'restless') return settled;
  }
  return { kind: 'restless' };
}
