import { existsSync } from 'node:fs';
import type { Owner } from './owner.js';
import { accepting, freePort, startChild } from './processes.js';

const memory = '/dev/shm';

/**
 * One member on ports of its own, its data in memory where the machine allows it: the disk is not
 * what is measured. @returns the port for clients.
 */
export async function startEtcd(owner: Owner): Promise<number> {
  const folder = await owner.temporaryFolder(existsSync(memory) ? memory : undefined);
  const [client, peer] = [await freePort(), await freePort()];
  const clientUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = startChild(owner, 'etcd', [
    ...['--name', 'bench', '--data-dir', folder],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `bench=${peerUrl}`],
  ]);
  await accepting(client, child);
  return client;
}
