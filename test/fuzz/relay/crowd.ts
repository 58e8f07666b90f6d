import { StepCommand } from './commands.js';
import type { CrowdStep } from './crowd-script.js';
import type { SessionModel } from './model.js';
import type { RealSession } from './world.js';

/** A session, and what has been done in it. */
export interface Watched {
  readonly model: SessionModel;
  readonly real: RealSession;
}

/** In one session, or in all of them before the gateway can read. Those that cannot do it do not. */
export async function act({ who, step }: CrowdStep, sessions: readonly Watched[]): Promise<void> {
  const command = new StepCommand(step);
  for (const { model, real } of chosen(who, step, sessions)) {
    if (command.check(model)) await command.run(model, real);
  }
}

function chosen(
  who: CrowdStep['who'],
  step: CrowdStep['step'],
  sessions: readonly Watched[],
): readonly Watched[] {
  const isOnce = step.side === 'gateway' && step.does !== 'settle';
  if (isOnce) return sessions.slice(0, 1);
  if (who === 'all') return sessions;
  const at = who % sessions.length;
  return sessions.slice(at, at + 1);
}
