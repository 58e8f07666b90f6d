import { env } from 'node:process';

import { viewConfig } from '../model/config-view.js';
import type { Config } from '../model/config.js';
import { endpointKey } from '../model/endpoint.js';
import type { AdminTarget } from './admin-client.js';
import { fetchState } from './admin-state.js';
import { locateAdmin } from './locate-admin.js';
import { formatPlan } from './plan-text.js';
import { plain, plainLines, type Paint } from './terminal.js';
import { planOfViews } from './view-plan.js';

/**
 * What a configuration would change in a running gateway, and which endpoints a person drains there
 * though it does not say so.
 * @throws GatewayError where the gateway cannot be asked.
 */
export async function compare(
  config: Config,
  target: AdminTarget,
  paint: Paint,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const state = await fetchState(await locateAdmin(target, env));
  const plan = planOfViews(state.config.effective, viewConfig(config));
  const where = `in what runs (${plain(`pid ${state.process.pid}, ${state.config.source}`)})`;
  const text = plan
    ? `would change ${where}:\n${plainLines(formatPlan(plan, paint))}\n`
    : `nothing would change ${where}\n\n`;
  const drains = config.gateways.flatMap(({ name, endpoints }) =>
    endpoints.filter(({ drain }) => drain).map((endpoint) => `${name}/${endpointKey(endpoint)}`),
  );
  const warnings = (state.drainedByHand ?? [])
    .filter((name) => !drains.includes(name))
    .map((name) => `${name} is drained by hand, unlike in the file: etcd-gateway undrain ${name}`);
  return { text, warnings };
}
