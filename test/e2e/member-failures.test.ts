import { setTimeout as sleep } from 'node:timers/promises';

import { Etcd3 } from 'etcd3';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withEtcd, type EtcdCluster, type EtcdMember } from '../support/etcd.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('members that fail under load');
const etcdTest = needs(test, 'etcd', 'etcdctl');

/** Writes one key after the other for as long as it runs; a write is tried until it succeeds. */
class Writer {
  readonly written: string[] = [];
  readonly #client: Etcd3;
  #running = true;

  constructor(port: number) {
    this.#client = new Etcd3({ hosts: `http://127.0.0.1:${port}` });
  }

  async run(name: string): Promise<void> {
    for (let count = 0; this.#running; count++) {
      const key = `${name}/${count}`;
      if (await this.#put(key)) this.written.push(key);
      await sleep(5);
    }
  }

  close(): void {
    this.#running = false;
    this.#client.close();
  }

  /** A session to a member that dies is cut, and its write fails: the client's next try counts. */
  async #put(key: string): Promise<boolean> {
    while (this.#running) {
      try {
        await this.#client.put(key).value('x');
        return true;
      } catch {
        await sleep(20);
      }
    }
    return false;
  }
}

async function withWriters(scope: Scope, port: number, count: number): Promise<Writer[]> {
  const writers = Array.from({ length: count }, () => new Writer(port));
  const runs = writers.map(async (writer, index) => writer.run(`writer${index}`));
  scope.defer(async () => {
    for (const writer of writers) writer.close();
    await Promise.all(runs);
  });
  return writers;
}

/** Each writer gets on by `count` writes, within a time that leaves room for an election. */
async function goOn(writers: readonly Writer[], count = 20): Promise<void> {
  const goals = writers.map((writer) => writer.written.length + count);
  await until(() => writers.every(({ written }, index) => written.length >= (goals[index] ?? 0)), {
    what: `${writers.length} writers to go on`,
    timeoutMs: 15_000,
  });
}

async function verify(cluster: EtcdCluster, writers: readonly Writer[]): Promise<void> {
  const acknowledged = writers.flatMap(({ written }) => [...written]);
  const keys = await cluster.etcdctl(['get', 'writer', '--prefix', '--keys-only']);
  const stored = new Set(keys.split('\n'));
  assert.equal(
    acknowledged.filter((key) => !stored.has(key)),
    [],
  );
}

etcdTest(
  'goes on writing while each member is killed and comes back',
  scoped(
    async (scope) => {
      const cluster = await withEtcd(scope);
      const port = await freePort();
      await withGateway(scope, { config: mainGateway(port, cluster.endpoints) });
      const writers = await withWriters(scope, port, 6);
      await goOn(writers);
      for (const member of [...cluster.members]) {
        await member.kill();
        await goOn(writers);
        await cluster.restart(member);
        await goOn(writers);
      }
      await verify(cluster, writers);
    },
    { timeoutMs: 120_000 },
  ),
);

etcdTest(
  'follows members that are replaced by new ones, through the file',
  scoped(
    async (scope) => {
      const cluster = await withEtcd(scope);
      const port = await freePort();
      const gateway = await withGateway(scope, { config: mainGateway(port, cluster.endpoints) });
      const writers = await withWriters(scope, port, 6);
      for (const old of [...cluster.members]) {
        await replace(cluster, old, async () => {
          const after = gateway.logs.length;
          await gateway.edit(mainGateway(port, cluster.endpoints));
          await gateway.logged('configuration applied', { after });
        });
        await goOn(writers);
      }
      await verify(cluster, writers);
    },
    { timeoutMs: 120_000 },
  ),
);

async function replace(
  cluster: EtcdCluster,
  old: EtcdMember,
  edited: () => Promise<void>,
): Promise<void> {
  await cluster.add();
  await edited();
  await cluster.remove(old);
  await edited();
}

test.run();
