import { formatAddress } from '../model/address.js';
import { viewObject, viewProcess, type Json, type JsonObject } from '../model/config-view.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { DesiredGateway, DesiredState } from '../model/desired-state.js';
import type { Plan, PlanSummary } from '../model/plan.js';

/** The plan in words, each thing named `gateway/…`; `current` knows what was before. */
export function summarize(
  plan: Plan,
  current: DesiredState | undefined,
  desired: DesiredState,
): PlanSummary {
  const { added, updated } = plan;
  const removed = plan.removed.flatMap((name) => current?.gateways.get(name) ?? []);
  return {
    gateways: {
      added: added.map((gateway) => gateway.name),
      removed: plan.removed,
      updated: updated.map((gateway) => gateway.name),
    },
    listeners: {
      added: [
        ...added.flatMap(listenersOf),
        ...updated.flatMap(({ name, listeners }) => named(name, listeners.added, formatAddress)),
      ],
      removed: [
        ...removed.flatMap(listenersOf),
        ...updated.flatMap(({ name, listeners }) => named(name, listeners.removed, formatAddress)),
      ],
    },
    endpoints: {
      added: [
        ...added.flatMap(endpointsOf),
        ...updated.flatMap(({ name, endpoints }) => named(name, endpoints.added, endpointKey)),
      ],
      removed: [
        ...removed.flatMap(endpointsOf),
        ...updated.flatMap(({ name, endpoints }) => named(name, endpoints.removed, endpointKey)),
      ],
      updated: updated.flatMap(({ name, endpoints }) =>
        named(name, endpoints.updated, endpointKey),
      ),
    },
    settings: [
      ...updated.flatMap(({ name, settings, endpoints }) => [
        ...settings.map((setting) => `${name}.${setting}`),
        ...(endpoints.reordered ? [`${name}.order`] : []),
      ]),
      ...plan.process,
    ],
    values: current ? valuesOf(plan, current, desired) : {},
  };
}

function listenersOf(gateway: DesiredGateway): string[] {
  return named(gateway.name, gateway.listen, formatAddress);
}

function endpointsOf(gateway: DesiredGateway): string[] {
  return named(gateway.name, gateway.endpoints, endpointKey);
}

function named<T>(gateway: string, items: readonly T[], format: (item: T) => string): string[] {
  return items.map((item) => `${gateway}/${format(item)}`);
}

function valuesOf(
  { updated, process }: Plan,
  current: DesiredState,
  desired: DesiredState,
): PlanSummary['values'] {
  const values: [string, string][] = [];
  for (const { name, endpoints, settings } of updated) {
    const [before, after] = [current.gateways.get(name), desired.gateways.get(name)];
    if (!before || !after) continue;
    const old = new Map(before.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
    for (const endpoint of endpoints.updated) {
      const key = endpointKey(endpoint);
      values.push([`${name}/${key}`, changes(viewOf(old.get(key)), viewOf(endpoint))]);
    }
    const [was, is] = [settingsOf(before), settingsOf(after)];
    for (const key of settings) values.push([`${name}.${key}`, change(was[key], is[key])]);
  }
  const [was, is] = [viewProcess(current.process), viewProcess(desired.process)];
  for (const key of process) values.push([key, change(was[key], is[key])]);
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
}

function settingsOf({ settings, discovery }: DesiredGateway): JsonObject {
  const discoveries = viewObject(discovery);
  const renamed = Object.entries(discoveries).map(([key, value]) => [`${key}-discovery`, value]);
  return { ...viewObject(settings), ...(Object.fromEntries(renamed) as JsonObject) };
}

function viewOf(endpoint: Endpoint | undefined): JsonObject {
  return endpoint ? viewObject(endpoint) : {};
}

/** `old → new`; of what has parts, those that differ. */
export function change(before: Json | undefined, after: Json | undefined): string {
  return isObject(before) && isObject(after) ? changes(before, after) : arrow(before, after);
}

function changes(before: JsonObject, after: JsonObject): string {
  const keys = Object.keys({ ...before, ...after });
  return keys
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => {
      const [old, now] = [before[key], after[key]];
      const what = isObject(old) && isObject(now) ? `(${changes(old, now)})` : arrow(old, now);
      return `${key} ${what}`;
    })
    .join(', ');
}

function arrow(before: Json | undefined, after: Json | undefined): string {
  return `${shown(before)} → ${shown(after)}`;
}

const longestShown = 200;

function shown(value: Json | undefined): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
