import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';

import type { Address } from '../../src/model/address.js';
import { systemClock } from '../../src/model/clock.js';
import type { AdminSettings } from '../../src/model/config.js';
import type { DesiredState } from '../../src/model/desired-state.js';
import type { GatewayEvent } from '../../src/model/events.js';
import type { Plan } from '../../src/model/plan.js';
import type { Prepared } from '../../src/model/ports.js';
import type { Asset } from '../../src/observe/admin/routes.js';
import { AdminServer } from '../../src/observe/admin/server.js';
import { about, config, PlainBackend } from './admin-backend.js';
import type { Scope } from './scope.js';

export interface RunningAdmin {
  readonly server: AdminServer;
  readonly backend: PlainBackend;
  readonly notices: GatewayEvent[];
  readonly prepare: (settings: Partial<AdminSettings>) => Promise<Prepared>;
}

const page: ReadonlyMap<string, Asset> = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: '<!doctype html>' }],
]);

const metrics = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  render: () => Promise.resolve('up 1\n'),
};

/** Runs `use` with an admin server that listens as told, and closes it. */
export async function withAdmin(
  settings: Partial<AdminSettings>,
  use: (admin: RunningAdmin) => Promise<void>,
  assets = page,
): Promise<void> {
  const admin = createAdmin(assets);
  try {
    await (await admin.prepare(settings)).commit();
    await use(admin);
  } finally {
    await admin.server.close();
  }
}

/** An admin server that listens as told until the scope ends. */
export async function openAdmin(
  scope: Scope,
  settings: Partial<AdminSettings>,
): Promise<RunningAdmin> {
  const admin = createAdmin(page);
  scope.defer(() => admin.server.close());
  await (await admin.prepare(settings)).commit();
  return admin;
}

/** It listens nowhere yet; who calls closes its server. */
export function createAdmin(assets = page): RunningAdmin {
  const backend = new PlainBackend();
  const notices: GatewayEvent[] = [];
  const server = new AdminServer({
    listensAt: () => undefined,
    mostConnections: 128,
    backend,
    about,
    metrics,
    loadAssets: () => Promise.resolve(assets),
    clock: systemClock,
    observer: (event) => notices.push(event),
  });
  const prepare = (wanted: Partial<AdminSettings>): Promise<Prepared> =>
    server.prepare(emptyPlan, desired({ ...config.admin, explicit: true, ...wanted }));
  return { server, backend, notices, prepare };
}

const emptyPlan: Plan = { added: [], removed: [], updated: [], process: ['admin'] };

function desired(admin: AdminSettings): DesiredState {
  const { dns, reload, shutdown, log } = config;
  return { gateways: new Map(), process: { dns, reload, shutdown, log, admin } };
}

export function loopback(port: number, host = '127.0.0.1'): Address {
  return { kind: 'tcp', host, port };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own. */
export function ask(target: Address, path: string, options: RequestOptions = {}): Promise<Answer> {
  const where =
    target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...where, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
