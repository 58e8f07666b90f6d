import { Etcd3, type Watcher } from 'etcd3';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withEtcd } from '../support/etcd.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('watches and a member that comes back');
const etcdTest = needs(test, 'etcd', 'etcdctl');

const watchers = 60;
const rebalance = { tolerance: '20%', 'quiet-for': '1s', 'max-per-second': 20 };

/** Clients of one process share a connection otherwise. */
const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** One client with one connection, that watches one key's prefix for as long as it lives. */
interface Watching {
  /** Of each event, in the order in which they came. */
  readonly revisions: string[];
}

async function watch(scope: Scope, port: number): Promise<Watching> {
  const client = new Etcd3({ hosts: `http://127.0.0.1:${port}`, grpcOptions: ownConnection });
  const revisions: string[] = [];
  const watcher: Watcher = await client.watch().prefix('key/').create();
  scope.defer(async () => {
    await watcher.cancel(); // one that is not connects for ever
    client.close();
  });
  watcher.on('put', (put) => revisions.push(put.mod_revision));
  return { revisions };
}

/** Open sessions by endpoint, out of the gateway's own account. */
async function sessions(admin: number): Promise<Record<string, number>> {
  const response = await fetch(`http://127.0.0.1:${admin}/api/v1/state`);
  const state = (await response.json()) as State;
  const upstreams = state.gateways.flatMap((gateway) => gateway.upstreams);
  return Object.fromEntries(upstreams.map((one) => [one.endpoint, one.sessions]));
}

interface State {
  readonly gateways: readonly {
    readonly upstreams: readonly { readonly endpoint: string; readonly sessions: number }[];
  }[];
}

function returned(gateway: GatewayProcess, endpoint: string, after: number): Promise<unknown> {
  const where = (line: Readonly<Record<string, unknown>>) => line.endpoint === endpoint;
  return gateway.logged('endpoint back in rotation', { where, after, timeoutMs: 20_000 });
}

etcdTest(
  `lose and double no event while ${watchers} of them are spread over three members again`,
  scoped(
    async (scope) => {
      const cluster = await withEtcd(scope);
      const [port, admin] = [await freePort(), await freePort()];
      const main = mainGateway(port, cluster.endpoints, { rebalance, 'retry-delay': '500ms' });
      const gateway = await withGateway(scope, {
        config: { ...main, admin: { 'listen-addr': `127.0.0.1:${admin}` } },
      });
      const watching: Watching[] = [];
      while (watching.length < watchers) watching.push(await watch(scope, port));
      const failing = cluster.member(1);
      const others = cluster.members.filter((member) => member !== failing);
      const writer = new Etcd3({ hosts: others.map((one) => `http://${one.clientAddress}`) });
      scope.defer(() => writer.close());
      const written: string[] = [];
      const put = async (): Promise<void> => {
        const { header } = await writer.put('key/a').value(String(written.length));
        written.push(header.revision);
      };
      const heard = () =>
        until(() => watching.every(({ revisions }) => revisions.length >= written.length), {
          ...{ what: `${watchers} watchers to hear all`, timeoutMs: 30_000 },
        });
      await put();
      await heard();

      await failing.kill();
      await cluster.ready(others); // a write in an election may fail and count nevertheless
      await put();
      await heard();
      const uneven = await sessions(admin);
      assert.is(uneven[failing.clientAddress], 0);

      const after = gateway.logs.length;
      await cluster.restart(failing);
      await returned(gateway, failing.clientAddress, after);
      let next = performance.now();
      const even = await until(
        async () => {
          if (performance.now() > next) {
            await put(); // a burst now and then: the watches are not quiet all the time
            next = performance.now() + 2_500;
          }
          const counts = await sessions(admin);
          return isEven(Object.values(counts)) && counts;
        },
        { what: 'even counts', timeoutMs: 90_000, everyMs: 100 },
      );
      console.log(`sessions before ${JSON.stringify(uneven)}, after ${JSON.stringify(even)}`);

      for (let n = 0; n < 5; n += 1) await put();
      await heard();
      for (const { revisions } of watching) assert.equal(revisions, written);
    },
    { timeoutMs: 200_000 },
  ),
);

/** All watchers are there, and none of three members has more than a fifth beyond its share. */
function isEven(counts: readonly number[]): boolean {
  const sum = counts.reduce((all, count) => all + count, 0);
  return sum >= watchers && counts.every((count) => count <= Math.ceil((sum / 3) * 1.2));
}

test.run();
