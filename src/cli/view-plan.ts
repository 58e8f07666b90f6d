import { isRecord, listIn, recordIn } from '../config/raw.js';
import type { Json, JsonObject } from '../model/config-view.js';
import type { PlanSummary } from '../model/plan.js';
import { change } from '../reconcile/plan-summary.js';

interface Lists {
  readonly added: string[];
  readonly removed: string[];
  readonly updated: string[];
}

/** What differs between two configurations in the words of the file; undefined: nothing does. */
export function planOfViews(before: JsonObject, after: JsonObject): PlanSummary | undefined {
  const { gateways: oldGateways, ...oldProcess } = before;
  const { gateways: newGateways, ...newProcess } = after;
  const [was, is] = [objectIn(oldGateways), objectIn(newGateways)];
  const gateways = compareKeys(was, is);
  const listeners: Lists = { added: [], removed: [], updated: [] };
  const endpoints: Lists = { added: [], removed: [], updated: [] };
  const settings: string[] = [];
  const values = new Map<string, string>();
  const tell = (name: string, old: Json | undefined, now: Json | undefined): string => {
    values.set(name, change(old, now));
    return name;
  };
  for (const name of Object.keys({ ...was, ...is })) {
    const inGateway = (key: string): string => `${name}/${key}`;
    const [old, now] = [objectIn(was[name]), objectIn(is[name])];
    const { 'listen-addr': oldListen, endpoints: oldEndpoints, ...oldSettings } = old;
    const { 'listen-addr': newListen, endpoints: newEndpoints, ...newSettings } = now;
    const listen = compareKeys(byName(oldListen), byName(newListen));
    listeners.added.push(...listen.added.map(inGateway));
    listeners.removed.push(...listen.removed.map(inGateway));
    const [oldByKey, newByKey] = [byName(oldEndpoints), byName(newEndpoints)];
    const changed = compareKeys(oldByKey, newByKey);
    endpoints.added.push(...changed.added.map(inGateway));
    endpoints.removed.push(...changed.removed.map(inGateway));
    for (const key of changed.updated) {
      endpoints.updated.push(tell(inGateway(key), oldByKey[key], newByKey[key]));
    }
    if (!gateways.updated.includes(name)) continue; // the settings of one that comes or goes are no news
    for (const key of changedKeys(oldSettings, newSettings)) {
      settings.push(tell(`${name}.${key}`, oldSettings[key], newSettings[key]));
    }
    if (isReordered(oldByKey, newByKey)) settings.push(`${name}.order`);
  }
  for (const key of changedKeys(oldProcess, newProcess)) {
    settings.push(tell(key, oldProcess[key], newProcess[key]));
  }
  const lists = [gateways, listeners, endpoints].flatMap(({ added, removed, updated }) => [
    ...added,
    ...removed,
    ...updated,
  ]);
  if (lists.length + settings.length === 0) return undefined;
  return { gateways, listeners, endpoints, settings, values: Object.fromEntries(values) };
}

function compareKeys(before: JsonObject, after: JsonObject): Lists {
  const keys = changedKeys(before, after);
  const [isOld, isNew] = [
    (key: string): boolean => Object.hasOwn(before, key),
    (key: string): boolean => Object.hasOwn(after, key),
  ];
  return {
    added: keys.filter((key) => !isOld(key)),
    removed: keys.filter((key) => !isNew(key)),
    updated: keys.filter((key) => isOld(key) && isNew(key)),
  };
}

function changedKeys(before: JsonObject, after: JsonObject): readonly string[] {
  const keys = Object.keys({ ...before, ...after });
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Listeners and endpoints by their addresses; a final dot is part of no endpoint's name. */
function byName(list: Json | undefined): JsonObject {
  const named = listIn(list).map((item): [string, Json] => {
    const address = isRecord(item) ? item.addr : item;
    return [String(address).replace(/\.(?=:\d+$)/, ''), item as Json];
  });
  return Object.fromEntries(named);
}

/** Whether those in both stand in another order. */
function isReordered(before: JsonObject, after: JsonObject): boolean {
  const old = Object.keys(before).filter((key) => Object.hasOwn(after, key));
  const now = Object.keys(after).filter((key) => Object.hasOwn(before, key));
  return old.join('\n') !== now.join('\n');
}

function objectIn(value: Json | undefined): JsonObject {
  return recordIn(value) as JsonObject;
}
