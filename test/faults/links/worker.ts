/**
 * Tries all cases at once, each with a link and a gateway of its own, and prints a `CellResult` for
 * each as JSON. Only for a network that `unshare` has just made.
 */
import { join } from 'node:path';

import { errorMessage } from '../../../src/model/errors.js';
import { ask } from '../../support/admin-server.js';
import { withGateway, type ConfigObject } from '../../support/gateway.js';
import { freePort } from '../../support/ports.js';
import { Scope } from '../../support/scope.js';
import { identity, withUpstream } from '../../support/upstream.js';
import { parseMetrics, sumOf, type Counters } from '../matrix/counters.js';
import { LogReader } from '../matrix/log-reader.js';
import type { CellResult } from '../matrix/report.js';
import { allTrials, connectTimeoutMs, type Trial } from './cases.js';
import { FarNetwork, type Link, type Side } from './network.js';
import { Scene } from './scene.js';

interface Stand {
  readonly trial: Trial;
  readonly link: Link;
  readonly port: number;
}

async function tryAll(scope: Scope): Promise<CellResult[]> {
  const network = await FarNetwork.open(scope);
  const stands: Stand[] = [];
  for (const trial of allTrials()) {
    stands.push({ trial, link: await network.connect(), port: await freePort() });
  }
  const spare = await withUpstream(scope, { behaviour: identity('spare') });
  const adminPath = join(await scope.tempDir(), 'admin.sock');
  const gateways = Object.fromEntries(
    stands.map((stand) => [stand.trial.name, entryOf(stand, spare.address)]),
  );
  const gateway = await withGateway(scope, {
    config: { gateways, admin: { 'listen-addr': `unix:${adminPath}` } },
  });
  const log = new LogReader(gateway);
  const results = await Promise.all(
    stands.map(async ({ trial, link, port }) => {
      const { side, name } = trial;
      const scene = new Scene({ scope, link, side, port, log: () => log.of(name) });
      return tryOne(trial, scene);
    }),
  );
  const { body } = await ask({ kind: 'unix', path: adminPath }, '/metrics');
  const counters = parseMetrics(body);
  stands.forEach((stand, n) => results[n]?.problems.push(...judgeCounters(stand, counters)));
  return results;
}

/** The link's endpoint is preferred whenever it is there. */
function entryOf({ trial, link, port }: Stand, spare: string): ConfigObject {
  return {
    'listen-addr': `127.0.0.1:${port}`,
    endpoints: [link.address, { addr: spare, priority: 1 }],
    'connect-timeout': `${connectTimeoutMs}ms`,
    'retry-delay': '500ms',
    ...trial.settings,
  };
}

async function tryOne(trial: Trial, scene: Scene): Promise<CellResult> {
  const startedMs = performance.now();
  const problems: string[] = [];
  try {
    await trial.run(scene);
    if (trial.end !== undefined) {
      const { end } = await scene.logged('closed');
      if (end !== trial.end) problems.push(`the session ended as ${String(end)}`);
    }
  } catch (error) {
    problems.push(errorMessage(error));
  }
  return { name: trial.name, problems, durationMs: Math.round(performance.now() - startedMs) };
}

/** How a dial fails while the interface is down: without its own the gateway knows no way. */
const dialFailures: Readonly<Record<Side, string>> = {
  gateway: 'unreachable',
  endpoint: 'timeout',
};

function judgeCounters({ trial, link }: Stand, counters: Counters): string[] {
  const has = (...parts: string[]): boolean =>
    sumOf(counters, `gateway="${trial.name}"`, ...parts) > 0;
  const at = `endpoint="${link.address}"`;
  const isEjected = has('_upstream_ejections_total{', at);
  const hasEnded = has('_sessions_closed_total{', at, `reason="${trial.end}"`);
  const hasFailed = has('_dial_failures_total{', `reason="${dialFailures[trial.side]}"`);
  return [
    ...claim(isEjected === (trial.ejectedBy !== undefined), 'upstream_ejections_total is wrong'),
    ...claim(hasFailed === (trial.ejectedBy === 'dial'), 'dial_failures_total is wrong'),
    ...claim(hasEnded === (trial.end !== undefined), 'sessions_closed_total is wrong'),
  ];
}

function claim(isTrue: boolean, otherwise: string): string[] {
  return isTrue ? [] : [otherwise];
}

const scope = new Scope();
try {
  console.log(JSON.stringify(await tryAll(scope)));
} finally {
  for (const error of await scope.close()) console.error('closing failed:', error);
}
