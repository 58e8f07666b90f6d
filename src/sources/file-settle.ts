import type { Clock } from '../model/ports.js';

import type { Disk } from './file-disk.js';
import type { FileState } from './file-read.js';
import { sleep } from './file-sleep.js';

/** What a look at the file came to. */
export type Settled =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly signature: string }
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
 * Waits until the file has stood still for the quiet period, or is away for as long, and reads it
 * whole. A file that never stands still is read anyway once the patience is at its end, if one
 * reading can be done without a change in between. Never rejects.
 */
export async function settle(path: string, options: SettleOptions): Promise<Settled> {
  const { disk, clock, signal } = options;
  const quietMs = Math.max(shortestQuietMs, options.quietPeriodMs);
  const giveUpAtMs = clock.nowMs() + patienceMs(quietMs);
  let state = await disk.state(path);
  if (state.kind === 'file' && state.signature === options.known) return { kind: 'known' };
  let pauseMs = options.trustAge ? restOfQuietMs(state, quietMs, clock) : quietMs;
  let still = pauseMs === 0;
  while (!signal.aborted && clock.nowMs() < giveUpAtMs) {
    const settled: Settled = still ? await take(path, state, disk) : { kind: 'restless' };
    if (settled.kind !== 'restless') return settled;
    await sleep(clock, pauseMs, signal);
    const next = await disk.state(path);
    still = sameState(state, next);
    state = next;
    pauseMs = quietMs;
  }
  return takeMoving(path, disk);
}

/** Timestamps of files are some 4 ms coarse: two writes within that could look like one. */
const shortestQuietMs = 10;

/** A file that is changed for longer than this without a pause is not waited for any longer. */
function patienceMs(quietMs: number): number {
  return Math.max(2_000, 10 * quietMs);
}

function restOfQuietMs(state: FileState, quietMs: number, clock: Clock): number {
  if (state.kind === 'none') return quietMs;
  const ageMs = clock.wallMs() - state.changedAtMs;
  return Math.min(quietMs, Math.max(0, quietMs - ageMs));
}

function sameState(a: FileState, b: FileState): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.signature === b.signature;
}

async function take(path: string, state: FileState, disk: SettleOptions['disk']): Promise<Settled> {
  if (state.kind === 'none') return state;
  const attempt = await disk.read(path, state.signature);
  if (attempt.kind === 'changed') return { kind: 'restless' };
  if (attempt.kind === 'none') return attempt;
  return { kind: 'read', bytes: attempt.bytes, signature: state.signature };
}

/** A writer leaves gaps, however short: some attempt may fit into one. */
async function takeMoving(path: string, disk: SettleOptions['disk']): Promise<Settled> {
  for (let attempt = 1; attempt < 5; attempt += 1) {
    const settled = await take(path, await disk.state(path), disk);
    if (settled.kind !== 'restless') return settled;
  }
  return { kind: 'restless' };
}
