import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { fileChanges } from '../support/file-changes.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { CheckedStream } from '../support/stream.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('reload under load');

const upstreamCount = 4;
const streamsPerGateway = 60;
const changesOfOneWay = 100;
const domain = 'example.test';

interface World {
  readonly upstreams: readonly Upstream[];
  readonly zone: Zone;
  readonly file: string;
  readonly gateway: GatewayProcess;
  /** Of the gateway that the file's endpoints belong to, and of the one that SRV leads. */
  readonly filePort: number;
  readonly srvPort: number;
  readonly text: (endpoints: readonly Upstream[]) => string;
}

async function setUp(scope: Scope): Promise<World> {
  const upstreams = await Promise.all(
    Array.from({ length: upstreamCount }, async (_, index) =>
      withUpstream(scope, { behaviour: identity(`infra${index}`) }),
    ),
  );
  const zone = new Zone();
  zone.records = records(upstreams);
  const dns = await DnsTestServer.start(zone.respond);
  scope.defer(async () => dns.close());
  const [filePort = 0, srvPort = 0] = await freePorts(2);
  const text = (endpoints: readonly Upstream[]): string =>
    configText({ filePort, srvPort, dns: dns.address, endpoints });
  const file = join(await scope.tempDir(), 'conf', 'gateway.yaml');
  await mkdir(join(file, '..'));
  await writeFile(file, text(upstreams));
  const gateway = await withGateway(scope, { flags: ['--config', file] });
  return { upstreams, zone, file, gateway, filePort, srvPort, text };
}

interface ConfigParts {
  readonly filePort: number;
  readonly srvPort: number;
  readonly dns: string;
  readonly endpoints: readonly Upstream[];
}

function configText({ filePort, srvPort, dns, endpoints }: ConfigParts): string {
  return JSON.stringify({
    gateways: {
      file: {
        'listen-addr': `127.0.0.1:${filePort}`,
        endpoints: endpoints.map(({ address }) => address),
      },
      srv: {
        'listen-addr': `127.0.0.1:${srvPort}`,
        'discovery-srv': domain,
        'insecure-discovery': true,
      },
    },
    dns: { servers: [dns], 'min-ttl': '1s' },
    reload: { 'quiet-period': '30ms' },
    shutdown: { 'drain-timeout': '1s' },
    log: { level: 'info', format: 'json' },
    admin: { 'listen-addr': 'off' },
  });
}

/** The zone with these upstreams in its SRV answer; all of them keep their addresses. */
function records(upstreams: readonly Upstream[]) {
  const name = `_etcd-client._tcp.${domain}`;
  return upstreams.flatMap(({ port }) => [
    srv(name, `infra${port}.${domain}`, port, { ttl: 1, weight: 1 }),
    a(`infra${port}.${domain}`, '127.0.0.1', 60),
  ]);
}

async function openStreams(scope: Scope, port: number): Promise<CheckedStream[]> {
  const streams = await Promise.all(
    Array.from({ length: streamsPerGateway }, async () => CheckedStream.open(port)),
  );
  const runs = streams.map(async (stream) => stream.run(1_500, 100));
  scope.defer(async () => {
    for (const stream of streams) await stream.close();
    await Promise.all(runs);
  });
  return streams;
}

/** Steps through the upstreams; new sessions must reach the chosen one, and none but it. */
async function follow(port: number, name: string, timeoutMs: number, why: string): Promise<void> {
  const what = `new sessions to reach ${name} after the file was ${why}`;
  await until(async () => answersAlone(port, name), { what, timeoutMs });
}

/** One answer would prove nothing while a rotation goes round all upstreams. */
async function answersAlone(port: number, name: string): Promise<boolean> {
  for (let count = 0; count < 2; count++) {
    if ((await whoAnswers(port)) !== name) return false;
  }
  return true;
}

async function changeFile(world: World, streams: readonly CheckedStream[]): Promise<void> {
  let next = 0;
  for (const [way, change] of Object.entries(fileChanges)) {
    const delaysMs: number[] = [];
    for (let step = 0; step < changesOfOneWay; step++) {
      const index = step % upstreamCount;
      await change(world.file, world.text(world.upstreams.slice(index, index + 1)), next++);
      const changedMs = performance.now();
      await follow(world.filePort, `infra${index}`, 10_000, way);
      delaysMs.push(performance.now() - changedMs);
    }
    assertIntact(streams);
    assertPrompt(delaysMs, way);
  }
}

/** A busy machine may hold up a few; the poll, which finds what the watch has missed, is no help. */
function assertPrompt(delaysMs: readonly number[], way: string): void {
  const late = delaysMs.filter((delayMs) => delayMs > 1_000).map(Math.round);
  assert.ok(late.length <= delaysMs.length / 20, `${way}: followed only after ${late.join()} ms`);
}

function assertIntact(streams: readonly CheckedStream[]): void {
  assert.equal(
    streams.flatMap(({ failure }) => failure ?? []),
    [],
  );
}

/** New sessions follow within the TTL of a second, a tenth of it for jitter, and a second more. */
async function changeAnswers(world: World, signal: AbortSignal): Promise<void> {
  const delaysMs: number[] = [];
  for (let step = 0; !signal.aborted; step++) {
    const index = step % upstreamCount;
    world.zone.records = records(world.upstreams.slice(index, index + 1));
    const changedMs = performance.now();
    await follow(world.srvPort, `infra${index}`, 10_000, 'left alone and the SRV answer changed');
    delaysMs.push(performance.now() - changedMs - 1_100);
  }
  assertPrompt(delaysMs, 'SRV answer');
}

async function rainSighups(gateway: GatewayProcess, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    gateway.signal('SIGHUP');
    await sleep(70);
  }
}

test(
  'loses no byte and no session while file and SRV answers change and SIGHUPs rain',
  scoped(
    async (scope) => {
      const world = await setUp(scope);
      await until(async () => whoAnswers(world.srvPort), { what: 'the first SRV answer' });
      const streams = [
        ...(await openStreams(scope, world.filePort)),
        ...(await openStreams(scope, world.srvPort)),
      ];
      const over = new AbortController();
      const disturbances = [
        changeAnswers(world, over.signal),
        rainSighups(world.gateway, over.signal),
      ];
      await changeFile(world, streams).finally(() => over.abort());
      await Promise.all(disturbances);

      assertIntact(streams);
      assert.equal(new Set(streams.map(({ name }) => name)).size, upstreamCount);
      assert.ok(streams.every(({ bytesChecked }) => bytesChecked > 100_000));
    },
    { timeoutMs: 220_000 },
  ),
);

test.run();
