import { formatAddress } from '../model/address.js';
import { endpointKey } from '../model/endpoint.js';
import type { DesiredGateway } from '../model/desired-state.js';
import type { Plan, PlanSummary } from '../model/plan.js';

/** The plan in words, each thing named `gateway/…`; `before` names what removed gateways had. */
export function summarize(plan: Plan, before: ReadonlyMap<string, DesiredGateway>): PlanSummary {
  const { added, updated } = plan;
  const removed = plan.removed.flatMap((name) => before.get(name) ?? []);
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
