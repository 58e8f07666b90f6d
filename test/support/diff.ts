import type { DesiredState } from '../../src/model/desired-state.js';
import type { Plan } from '../../src/model/plan.js';
import { atOnce } from '../../src/model/portions.js';
import { diff } from '../../src/reconcile/diff.js';

/** The whole plan in one turn. */
export function diffOf(current: DesiredState | undefined, desired: DesiredState): Plan {
  return atOnce(diff(current, desired));
}
