import type { Verdict } from '../../model/plan.js';
import type { Clock, Timer } from '../../model/ports.js';
import { json, text, type Reply } from './reply.js';
import type { AdminBackend } from '../backend.js';

const longestReloadMs = 25_000;

/** 200: applied or unchanged; 422: rejected; 504: no verdict within 25 s. The body is the verdict. */
export async function reloadReply(
  backend: Pick<AdminBackend, 'reload'>,
  clock: Clock,
): Promise<Reply> {
  const verdict = await withinTime(backend.reload(), clock);
  if (!verdict) return text(504, 'The reload is still under way; its end shows in /api/v1/state.');
  return json(verdict.outcome === 'rejected' ? 422 : 200, verdict);
}

async function withinTime(verdict: Promise<Verdict>, clock: Clock): Promise<Verdict | undefined> {
  let timer: Timer | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = clock.setTimer(longestReloadMs, () => resolve(undefined));
  });
  try {
    return await Promise.race([verdict, late]);
  } finally {
    timer?.cancel();
  }
}
