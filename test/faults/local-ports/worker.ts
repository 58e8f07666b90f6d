/**
 * Uses up every local port that dials may come from, and prints what the gateway says and does as a
 * `Report`. Only for a network that `unshare` has just made.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ask } from '../../support/admin-server.js';
import { readExactly } from '../../support/bytes.js';
import { withClient } from '../../support/client.js';
import { withGateway } from '../../support/gateway.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';
import type { Report } from './report.js';

/** Each endpoint can be connected to from each of these once. */
const localPorts = 8;

const run = promisify(execFile);

interface Answer {
  readonly socket: Socket;
  readonly answered: boolean;
}

async function knock(scope: Scope, path: string): Promise<Answer> {
  const socket = await withClient(scope, { path });
  const answered = await readExactly(socket, 4).then(
    () => true,
    () => false,
  );
  return { socket, answered };
}

async function tryOut(scope: Scope): Promise<Report> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  await writeFile('/proc/sys/net/ipv4/ip_local_port_range', `50000 ${50_000 + localPorts - 1}`);
  const endpoints = await Promise.all(
    [21_001, 21_002].map((port) => withUpstream(scope, { port, behaviour: identity('one') })),
  );
  const folder = await scope.tempDir();
  const [front, admin] = [join(folder, 'front'), join(folder, 'admin')];
  const gateway = await withGateway(scope, {
    config: {
      gateways: {
        main: {
          'listen-addr': `unix:${front}`,
          endpoints: endpoints.map(({ address }) => address),
          'health-check': { type: 'tcp', interval: '1s', timeout: '1s' },
        },
      },
      admin: { 'listen-addr': `unix:${admin}` },
      log: { level: 'info', format: 'json' },
    },
  });
  const from = { kind: 'unix', path: admin } as const;
  const most = endpoints.length * localPorts;
  const served: Socket[] = [];
  for (let n = 0; n < 10 * most && served.length < most; n += 1) {
    const { socket, answered } = await knock(scope, front);
    if (answered) served.push(socket); // a health check may have the last port for a moment
  }
  let refused = 0;
  for (let n = 0; n < 20; n += 1) if (!(await knock(scope, front)).answered) refused += 1;
  await gateway.logged('health checks cannot be made, endpoints stay as they are');
  const { body } = await ask(from, '/api/v1/state');
  const metrics = (await ask(from, '/metrics')).body;
  for (const socket of served) socket.destroy();
  await until(async () => (await knock(scope, front)).answered, { what: 'service to resume' });
  return { served: served.length, refused, logs: gateway.logs, state: body, metrics };
}

const scope = new Scope();
try {
  console.log(JSON.stringify(await tryOut(scope)));
} finally {
  for (const error of await scope.close()) console.error('closing failed:', error);
}
