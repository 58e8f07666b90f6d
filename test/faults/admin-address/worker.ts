/**
 * Runs gateways at the default admin address and beside it, and prints a `Report`. Only for a network that
 * `unshare` has just made: the address belongs to whoever is first.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';

import { ask, loopback } from '../../support/admin-server.js';
import { whoAnswers } from '../../support/client.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../../support/gateway.js';
import { runProgram } from '../../support/program.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';
import type { Report } from './report.js';

const port = 23_791;

/** `gateway`: one of ours leads to an upstream; `admin`; `other`: another process. */
async function whoIsThere(): Promise<string> {
  const told = await ask(loopback(port), '/livez').catch(() => undefined);
  if (told) return told.body.trim() === 'alive' ? 'admin' : 'other';
  return (await whoAnswers(port)) === 'it' ? 'gateway' : 'nobody';
}

async function becomes(who: string): Promise<string> {
  await until(async () => (await whoIsThere()) === who, { what: who, timeoutMs: 10_000 });
  return who;
}

const told = ({ logs }: GatewayProcess): string[] =>
  logs.flatMap(({ message, reason = '' }) =>
    message.includes('admin server') ? [`${message}: ${String(reason)}`] : [],
  );

async function tryOut(scope: Scope): Promise<Report> {
  await promisify(execFile)('ip', ['link', 'set', 'lo', 'up']);
  const { address } = await withUpstream(scope, { behaviour: identity('it') });
  const at = (listen: string): ConfigObject => ({
    gateways: { main: { 'listen-addr': listen, endpoints: [address] } },
    admin: {},
  });
  const beside = await withGateway(scope, { config: at('127.0.0.1:23790') });
  const answers = { 'beside a gateway': await becomes('admin') } as Record<string, string>;
  await beside.edit(at('127.0.0.1:23791'));
  answers['given way to a gateway'] = await becomes('gateway');
  await beside.edit({ ...at('127.0.0.1:23790'), log: { level: 'debug' } });
  answers['back from a gateway'] = await becomes('admin');
  const lines = told(beside);
  await beside.stop('SIGTERM');

  const on = await withGateway(scope, { config: at(':23791') });
  answers['started on a gateway'] = await whoIsThere();
  const checked = await runProgram(['check', on.configFile]);
  await on.stop('SIGTERM');

  const other = createServer((_request, response) => response.end('other'));
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const second = await withGateway(scope, { config: at('127.0.0.1:23790') });
  answers['started beside another process'] = await whoIsThere();
  await second.edit({ ...at('127.0.0.1:23790'), log: { level: 'debug' } });
  await second.logged('configuration applied', { where: ({ generation }) => generation === 2 });
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  answers['left by that'] = await becomes('admin');
  return {
    answers: answers as Report['answers'],
    told: [...lines, ...told(on), ...told(second)],
    checked,
  };
}

const scope = new Scope();
try {
  console.log(JSON.stringify(await tryOut(scope)));
} finally {
  for (const error of await scope.close()) console.error('closing failed:', error);
}
