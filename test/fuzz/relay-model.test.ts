import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { errorMessage } from '../../src/model/errors.js';
import { needsThat } from '../support/needs.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { openCrowd } from './areas/crowd.js';
import { openRelay } from './areas/relay.js';
import { crowdDefects } from './relay/crowd-defects.js';
import { defects, late } from './relay/defects.js';
import type { WorldOptions } from './relay/world.js';

const test = suite('the model that the relay is held against');

/** Fewer than the relay's short form tries. */
const tries = 100;

/** What the first script that a relay fails at finds; undefined: it passes all of them. */
async function firstFinding(
  scope: Scope,
  options: WorldOptions,
  open = openRelay,
): Promise<string | undefined> {
  const area = await open(scope, options);
  for (const script of fc.sample(area.inputs, { seed: 1, numRuns: tries })) {
    try {
      await area.check(Buffer.from(script));
    } catch (error) {
      return errorMessage(error);
    }
  }
  return undefined;
}

const onSystemCalls = needsThat(
  test,
  systemSides.kind === 'kernel' ? undefined : 'the sides of this system are portable',
);

for (const { relay, defect, finding, onlyOnSystemCalls } of defects) {
  const register = onlyOnSystemCalls === true ? onSystemCalls : test;
  register(
    `rejects a relay that ${relay}`,
    scoped(async (scope) => {
      const found = await firstFinding(scope, { touch: defect, patienceMs: 1_000 });
      assert.match(found ?? 'nothing', finding);
    }),
  );
}

for (const { relay, defect, finding } of crowdDefects) {
  test(
    `rejects a relay that ${relay}`,
    scoped(async (scope) => {
      const options = { touch: defect, patienceMs: 1_000 };
      assert.match((await firstFinding(scope, options, openCrowd)) ?? 'nothing', finding);
    }),
  );
}

test(
  'accepts a relay that is only late',
  scoped(async (scope) => {
    assert.is(await firstFinding(scope, { touch: late }), undefined);
  }),
);

test.run();
