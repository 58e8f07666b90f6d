import type { Fields } from '../../model/events.js';
import type { AppliedVerdict, PlanSummary, RejectedVerdict, Verdict } from '../../model/plan.js';
import { formatProblem } from '../../model/problem.js';

import { rounded, type LogLine } from './line.js';

/** The one line that a reconcile run leaves. */
export function reconciledLine(verdict: Verdict): LogLine {
  if (verdict.outcome === 'applied') return appliedLine(verdict);
  if (verdict.outcome === 'rejected') return rejectedLine(verdict);
  return { level: 'debug', message: 'configuration unchanged', fields: runFields(verdict) };
}

function appliedLine(verdict: AppliedVerdict): LogLine {
  const { plan, sessionsDraining } = verdict;
  const fields = { ...runFields(verdict), ...planFields(plan), sessionsDraining };
  return { level: 'info', message: 'configuration applied', fields };
}

type Messages = Readonly<Record<RejectedVerdict['at'], string>>;

const whileRunning: Messages = {
  configuration: 'configuration refused, what runs stays',
  apply: 'configuration could not be applied, what runs stays',
};

const atStart: Messages = {
  configuration: 'configuration refused, nothing is started',
  apply: 'configuration could not be applied, nothing is started',
};

function rejectedLine(verdict: RejectedVerdict): LogLine {
  const { at, generation, source, reason, problems, retryInMs } = verdict;
  const message = (generation === 0 ? atStart : whileRunning)[at];
  // where nothing is started they follow as lines of their own, as `check` prints them
  const isListed = problems.length > 0 && !(generation === 0 && at === 'configuration');
  const texts = problems.map((problem) => formatProblem(source, problem));
  const listed = isListed ? { problems: texts } : {};
  return {
    level: 'error',
    message,
    fields: { ...runFields(verdict), source, reason, retryInMs, ...listed },
  };
}

function runFields({ generation, reconcileId, trigger, durationMs }: Verdict): Fields {
  return rounded({ generation, reconcileId, trigger, durationMs });
}

/** Only what the plan does: most plans touch one or two things. */
function planFields({ gateways, listeners, endpoints, settings, values }: PlanSummary): Fields {
  const all: Readonly<Record<string, readonly string[]>> = {
    gatewaysAdded: gateways.added,
    gatewaysRemoved: gateways.removed,
    gatewaysUpdated: gateways.updated,
    listenersAdded: listeners.added,
    listenersRemoved: listeners.removed,
    endpointsAdded: endpoints.added,
    endpointsRemoved: endpoints.removed,
    endpointsUpdated: endpoints.updated,
    settingsChanged: settings,
    values: Object.entries(values).map(([name, value]) => `${name} ${value}`),
  };
  return Object.fromEntries(Object.entries(all).filter(([, items]) => items.length > 0));
}
