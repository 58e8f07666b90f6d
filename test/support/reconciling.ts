import type { Config } from '../../src/model/config.js';
import type { DesiredState } from '../../src/model/desired-state.js';
import type { Plan } from '../../src/model/plan.js';
import { atOnce } from '../../src/model/portions.js';
import { diff } from '../../src/reconcile/diff.js';
import { merge, type IsDrained, type SnapshotOf } from '../../src/reconcile/merge.js';

/** `merge` in one turn of the event loop. */
export function mergeOf(
  config: Config,
  snapshotOf: SnapshotOf,
  current: DesiredState | undefined,
  isDrained?: IsDrained,
): DesiredState {
  return atOnce(merge(config, snapshotOf, current, isDrained));
}

/** `diff` in one turn of the event loop. */
export function diffOf(current: DesiredState | undefined, desired: DesiredState): Plan {
  return atOnce(diff(current, desired));
}
