import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { LoopWatch } from '../support/loop-watch.js';
import { freePorts } from '../support/ports.js';
import { withProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('the control plane leaves the event loop to the sessions');

/**
 * Of what the work costs the gateway altogether, one round trip may wait for this share: a busy machine makes
 * both longer. What takes effect does so in one turn, which is half of it at most.
 */
const mostShare = 1 / 25;

interface Busy {
  /** Of the gateway `main`, which is watched. */
  readonly port: number;
  readonly watch: LoopWatch;
  readonly config: (other: ConfigObject, more?: ConfigObject) => ConfigObject;
}

/** A gateway `main` that is watched, and another one that keeps the process busy. */
async function withMain(scope: Scope): Promise<Busy> {
  const watch = await LoopWatch.open(scope);
  const [port = 0, otherPort = 0] = await freePorts(2);
  const main = { 'listen-addr': `127.0.0.1:${port}`, endpoints: [watch.address] };
  const listen = { 'listen-addr': `127.0.0.1:${otherPort}` };
  return {
    ...{ port, watch },
    config: (other, more = {}) => ({ gateways: { main, other: { ...listen, ...other } }, ...more }),
  };
}

async function report(watch: LoopWatch): Promise<void> {
  const { bytes, totalCpuMs, worstCpuMs, worstMs } = await watch.stop();
  const figures = `${worstCpuMs.toFixed(1)} of ${totalCpuMs.toFixed(0)} ms of CPU, ${worstMs.toFixed(1)} ms on the clock`;
  console.log(`longest of ${bytes} round trips: ${figures}`);
  assert.ok(bytes > 20, `only ${bytes} bytes came back`);
  assert.ok(worstCpuMs < mostShare * totalCpuMs, `a byte waited for ${figures}`);
}

/** So many loopback addresses, from the given one on. */
function addresses(count: number, from: number, port: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    return `127.1.${number >> 8}.${number & 255}:${port}`;
  });
}

test(
  'while files of 5,000 endpoints are loaded one after the other',
  scoped(async (scope) => {
    const { port, watch, config } = await withMain(scope);
    const gateway = await withGateway(scope, {
      config: config({ endpoints: addresses(10, 0, 2379) }),
    });
    watch.start(port, gateway.pid);
    for (const from of [0, 2_500, 0, 10_000, 0]) {
      const after = gateway.logs.length;
      await gateway.edit(config({ endpoints: addresses(5_000, from, 2379) }));
      const line = await gateway.logged('configuration applied', { after, timeoutMs: 30_000 });
      assert.ok(JSON.stringify(line).length < 4_096, 'the line lists too much');
    }
    await report(watch);
  }),
);

/** An etcd as far as health checks go, at all loopback addresses. */
async function withHealthyEtcd(scope: Scope): Promise<{ port: number; checks: () => number }> {
  let checks = 0;
  const server = createServer((_request, response) => {
    checks += 1;
    response.end('{"health":"true"}');
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  scope.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, checks: () => checks };
}

test(
  'while 1,000 upstreams are checked',
  scoped(async (scope) => {
    const etcd = await withHealthyEtcd(scope);
    const { port, watch, config } = await withMain(scope);
    const gateway = await withGateway(scope, {
      config: config(
        {
          endpoints: addresses(1_000, 0, etcd.port),
          'health-check': { type: 'etcd', interval: '2s' },
        },
        { log: { level: 'info', format: 'json' } },
      ),
    });
    watch.start(port, gateway.pid);
    await until(() => etcd.checks() > 2_000, { what: '2,000 checks', timeoutMs: 40_000 });
    await report(watch);
  }),
);

test(
  'while a DNS server is silent about 1,000 names',
  scoped(async (scope) => {
    const server = createSocket('udp4');
    let queries = 0;
    server.on('message', () => (queries += 1));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const { port, watch, config } = await withMain(scope);
    const names = Array.from({ length: 1_000 }, (_, index) => `infra${index}.example.test:2379`);
    const dns = { servers: [`127.0.0.1:${server.address().port}`], timeout: '500ms' };
    const gateway = await withGateway(scope, { config: config({ endpoints: names }, { dns }) });
    watch.start(port, gateway.pid);
    const seen = queries;
    await until(() => queries > seen + 500, { what: '500 more queries', timeoutMs: 30_000 });
    await report(watch);
  }),
);

test(
  'while 5,000 host names are replaced',
  scoped(async (scope) => {
    const { port, watch, config } = await withMain(scope);
    const names = (host: string): string[] =>
      Array.from({ length: 5_000 }, (_, index) => `${host}${index}.localhost:2379`);
    const gateway = await withGateway(scope, {
      config: config({ endpoints: addresses(10, 0, 2379) }),
    });
    watch.start(port, gateway.pid);
    for (const host of ['a', 'b']) {
      const after = gateway.logs.length;
      await gateway.edit(config({ endpoints: names(host) }));
      await gateway.logged('configuration applied', { after, timeoutMs: 30_000 });
    }
    await report(watch);
  }),
);

test(
  'while nobody reads the pipe that it logs to',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('a') });
    const { port, watch, config } = await withMain(scope);
    const dir = await scope.tempDir();
    const [pipe, file] = [join(dir, 'stderr'), join(dir, 'gateway.yaml')];
    await promisify(execFile)('mkfifo', [pipe]);
    const quiet = { admin: { 'listen-addr': 'off' }, log: { level: 'debug', format: 'json' } };
    const text = JSON.stringify(config({ endpoints: [upstream.address] }, quiet));
    await writeFile(file, text);
    const command = [process.execPath, program, 'start', '--config', file];
    const gateway = withProcess(scope, 'sh', ['-c', 'exec "$@" 2<>"$0"', pipe, ...command]);
    await until(() => isServed(port), { what: 'the gateway to serve', timeoutMs: 20_000 });
    watch.start(port, gateway.pid);
    const { gateways } = JSON.parse(text) as Config;
    const otherPort = Number(gateways.other['listen-addr'].split(':')[1]);
    for (let session = 0; session < 1_500; session += 1) {
      assert.is(await whoAnswers(otherPort), 'a'); // two lines each, 64 KiB are full after 200
    }
    await report(watch);
  }),
);

interface Config {
  readonly gateways: { readonly other: { readonly 'listen-addr': string } };
}

async function isServed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

test.run();
