import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import { withEtcd } from '../../test/support/etcd.js';
import { hasCommand } from '../../test/support/needs.js';
import { freePort } from '../../test/support/ports.js';
import type { Scope } from '../../test/support/scope.js';

/** A member of the cluster behind the gateway. */
export interface Member {
  readonly name: string;
  readonly address: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface Cluster {
  /** What the members are, for the screen. */
  readonly kind: string;
  readonly members: readonly Member[];
}

/** Three members of a real etcd; without one on this machine three stand-ins in this process. */
export async function startCluster(scope: Scope): Promise<Cluster> {
  return hasCommand('etcd') && hasCommand('etcdctl') ? realCluster(scope) : standIns(scope);
}

async function realCluster(scope: Scope): Promise<Cluster> {
  const cluster = await withEtcd(scope);
  const members = cluster.members.map((member, index) => ({
    name: `infra${index}`,
    address: member.clientAddress,
    kill: async () => member.kill(),
    restart: async () => cluster.restart(member),
  }));
  return { kind: 'a real etcd, one process each', members };
}

async function standIns(scope: Scope): Promise<Cluster> {
  const members = await Promise.all([0, 1, 2].map(async (index) => standIn(scope, index)));
  return { kind: 'stand-ins in this process, because no etcd is installed', members };
}

/** Answers each put as etcd would, and keeps nothing. */
async function standIn(scope: Scope, index: number): Promise<Member> {
  const port = await freePort();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('{"header":{}}'));
  });
  server.keepAliveTimeout = 0;
  const kill = async (): Promise<void> => closeNow(server);
  const restart = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await restart();
  scope.defer(kill);
  return { name: `infra${index}`, address: `127.0.0.1:${port}`, kill, restart };
}

async function closeNow(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
