import fc from 'fast-check';
import * as assert from 'uvu/assert';

import type { Scope } from '../../support/scope.js';
import type { FuzzArea } from '../area.js';
import { StepCommand } from '../relay/commands.js';
import { judge } from '../relay/judge.js';
import { SessionModel } from '../relay/model.js';
import { parseScript, scripts } from '../relay/script.js';
import { RelayWorld, type WorldOptions } from '../relay/world.js';

/** A client and an endpoint write, stall, end and reset in any order, with a gateway in between. */
export async function openRelay(scope: Scope, options?: WorldOptions): Promise<FuzzArea> {
  const world = await RelayWorld.open(scope, options);
  const check = (script: Buffer): Promise<void> =>
    world.sessions(1, async ([real]) => {
      assert.ok(real);
      const model = new SessionModel(real.greetingBytes);
      const commands = parseScript(script.toString()).map((step) => new StepCommand(step));
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await judge(model, real);
    });
  return { inputs: scripts, check };
}
