/**
 * Listens on addresses before the machine has them, with `listen-freebind` and without, and prints a
 * `Report`. Only for a network that `unshare` has just made.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { whoAnswers } from '../../support/client.js';
import { withGateway, type ConfigObject } from '../../support/gateway.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';
import type { Report } from './report.js';

const port = 23_790;
const floating = ['10.77.0.1', 'fd77::1'] as const;
const later = '10.77.0.2';

const run = promisify(execFile);

async function ip(words: string): Promise<void> {
  await run('ip', words.split(' '));
}

async function whoAnswersAll(): Promise<string[]> {
  return Promise.all(floating.map(async (host) => (await whoAnswers(port, host)) ?? 'nobody'));
}

async function tryOut(scope: Scope): Promise<Report> {
  await ip('link set lo up');
  const { address } = await withUpstream(scope, { behaviour: identity('it') });
  const freebound: ConfigObject = {
    'listen-addr': [`10.77.0.1:${port}`, `[fd77::1]:${port}`],
    'listen-freebind': true,
    endpoints: [address],
  };
  const gateway = await withGateway(scope, { config: { gateways: { freebound } } });
  const before = await whoAnswersAll();
  await ip(`address add ${floating[0]}/32 dev lo`);
  await ip(`address add ${floating[1]}/128 dev lo nodad`);
  await until(async () => !(await whoAnswersAll()).includes('nobody'), { what: 'both addresses' });
  const after = await whoAnswersAll();

  const plain = { 'listen-addr': `${later}:${port}`, endpoints: [address] };
  await gateway.edit({ gateways: { freebound, plain } });
  const line = await gateway.logged('configuration could not be applied, what runs stays');
  await ip(`address add ${later}/32 dev lo`);
  await until(async () => (await whoAnswers(port, later)) !== undefined, {
    ...{ what: 'the later address', timeoutMs: 15_000 },
  });
  const served = await whoAnswers(port, later);
  return { freebind: { before, after }, reason: String(line.reason), served };
}

const scope = new Scope();
try {
  console.log(JSON.stringify(await tryOut(scope)));
} finally {
  for (const error of await scope.close()) console.error('closing failed:', error);
}
