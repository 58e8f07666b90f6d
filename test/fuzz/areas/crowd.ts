import type { Scope } from '../../support/scope.js';
import type { FuzzArea } from '../area.js';
import { act, type Watched } from '../relay/crowd.js';
import { crowdScripts, parseCrowdScript, type CrowdStep } from '../relay/crowd-script.js';
import { judge } from '../relay/judge.js';
import { SessionModel } from '../relay/model.js';
import { RelayWorld, type WorldOptions } from '../relay/world.js';

/** As the relay's, with many sessions at a time: what one does must be nothing to the others. */
export async function openCrowd(scope: Scope, options?: WorldOptions): Promise<FuzzArea> {
  const world = await RelayWorld.open(scope, { ...options, greetingBytes: 1 });
  const check = (text: Buffer): Promise<void> => {
    const { sessions, steps } = parseCrowdScript(text.toString());
    return world.sessions(sessions, async (reals) => {
      const watched = reals.map((real): Watched => {
        return { model: new SessionModel(real.greetingBytes), real };
      });
      await chat(watched);
      for (const step of steps) await act(step, watched);
      for (const { model, real } of watched) await judge(model, real);
    });
  };
  return { inputs: crowdScripts, check };
}

/** After so many small chunks, some at a time, the relay begins to let them wait for each other. */
const chattyChunks = 450;

const round: readonly CrowdStep[] = [
  { who: 'all', step: { side: 'client', does: 'write', bytes: 1 } },
  { who: 'all', step: { side: 'endpoint', does: 'write', bytes: 1 } },
  { who: 'all', step: { side: 'gateway', does: 'settle' } },
];

async function chat(watched: readonly Watched[]): Promise<void> {
  for (let chunks = 0; chunks < chattyChunks; chunks += 2 * watched.length) {
    for (const step of round) await act(step, watched);
  }
}
