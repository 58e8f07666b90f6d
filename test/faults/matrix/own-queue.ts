import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';

import { withClient } from '../../support/client.js';
import { mainGateway } from '../../support/gateway-config.js';
import { withGateway } from '../../support/gateway.js';
import { freePort } from '../../support/ports.js';
import type { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';
import { listenDrops } from './packets.js';
import type { OwnQueue } from './report.js';

const clients = 12;

/** A gateway that is stopped, with more clients before it than its accept queue has room for. */
export async function tryOwnQueue(scope: Scope): Promise<OwnQueue> {
  await writeFile('/proc/sys/net/core/somaxconn', '4');
  const upstream = await withUpstream(scope, { behaviour: identity('one') });
  const port = await freePort();
  const gateway = await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
  gateway.signal('SIGSTOP');
  const before = await listenDrops();
  const greeted = Array.from({ length: clients }, () => isGreeted(scope, port));
  await until(async () => (await listenDrops()) > before, { what: 'the queue to overflow' });
  gateway.signal('SIGCONT');
  const served = (await Promise.all(greeted)).filter(Boolean).length;
  return { clients, served };
}

/**
 * The client speaks first, as those of etcd do, and its kernel says it again until it is heard. One
 * that listens only may wait for ever: by a SYN cookie it is connected, and no queue knows of it.
 */
async function isGreeted(scope: Scope, port: number): Promise<boolean> {
  const socket = await withClient(scope, port);
  socket.write('hello');
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  return greeting.toString().startsWith('one\n');
}
