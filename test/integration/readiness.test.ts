import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { GatewayProcess } from '../../src/gateway-process.js';
import { openGateway } from '../../src/gateway.js';
import { systemClock } from '../../src/model/clock.js';
import type { Clock, Timer } from '../../src/model/ports.js';
import type { Readiness } from '../../src/observe/backend.js';
import { createLog, type Log } from '../../src/observe/log/log.js';
import { withClient } from '../support/client.js';
import { addressOf, configOf, endpointsAt, gatewayConfig } from '../support/desired.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('readiness');

function silentLog(): Log {
  const sink = { isTerminal: false, write: () => undefined, onDropped: () => undefined };
  const settings = { level: 'error', format: 'json' } as const;
  return createLog(settings, { ...sink, close: () => Promise.resolve() }, systemClock);
}

function listeningOn(address: string, endpoint: string): ReturnType<typeof configOf> {
  const endpoints = endpointsAt(endpoint);
  return configOf(gatewayConfig({ listen: [addressOf(address)], endpoints }));
}

/** The system's clock, and which of its timers are still to come: their delays. */
function watchedClock(): { readonly clock: Clock; readonly pendingMs: () => number[] } {
  const pending = new Map<object, number>();
  const setTimer = (delayMs: number, callback: () => void): Timer => {
    const key = {};
    const over = (): void => void pending.delete(key);
    const timer = systemClock.setTimer(delayMs, () => {
      over();
      callback();
    });
    pending.set(key, delayMs);
    return {
      cancel: () => {
        over();
        timer.cancel();
      },
    };
  };
  const clock = { ...systemClock, setTimer };
  return { clock, pendingMs: () => [...pending.values()] };
}

async function readiness(program: GatewayProcess): Promise<Readiness> {
  await program.parts.dataPath.look();
  return program.readiness();
}

async function withProgram(
  scope: Scope,
  config: ReturnType<typeof configOf>,
  clock: Clock = systemClock,
): Promise<GatewayProcess> {
  const program = await openGateway({
    ...{ origin: { kind: 'flags', config }, env: {}, monotonicUsec: () => 0n },
    ...{ about: { version: '0', node: process.version, pid: process.pid, startedAtMs: 0 } },
    ...{ log: silentLog(), clock, random: Math.random },
    atExit: () => undefined,
    defect: (error) => {
      throw error;
    },
  });
  scope.defer(async () => program.close());
  assert.is((await program.start()).outcome, 'applied');
  return program;
}

test(
  'ends while a listener is lost, saying which, and is back with it',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const path = join(await scope.tempDir(), 'front.sock');
    const program = await withProgram(scope, listeningOn(`unix:${path}`, upstream.address));
    assert.equal(await readiness(program), { ready: true, reasons: [] });

    await rm(path);
    await writeFile(path, 'in its place');
    await until(async () => !(await readiness(program)).ready, { what: 'the loss' });
    await program.parts.dataPath.bindLost();
    const why = 'a file that is no socket has this path';
    const reasons = [`a listener is lost: cannot listen on unix:${path}: ${why}`];
    assert.equal(await readiness(program), { ready: false, reasons });

    await rm(path);
    await until(async () => (await readiness(program)).ready, { what: 'the listener to be back' });
  }),
);

test(
  'leaves no timer of its start behind, and none at all once it is closed during a shutdown',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const { clock, pendingMs } = watchedClock();
    const config = listeningOn(`127.0.0.1:${port}`, upstream.address);
    const program = await withProgram(scope, config, clock);
    assert.not.ok(pendingMs().includes(config.dns.timeoutMs), 'the moment for first answers');

    await withClient(scope, port);
    await until(async () => (await program.parts.dataPath.sessionCount()) === 1, {
      what: 'the session',
    });
    void program.drain('SIGTERM');
    await until(() => !program.readiness().ready, { what: 'the shutdown' });
    await program.close();
    assert.equal(pendingMs(), []);
  }),
);

test(
  'a reload that is asked for during a shutdown is rejected, saying why',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const program = await withProgram(scope, listeningOn(`127.0.0.1:${port}`, upstream.address));
    await withClient(scope, port);
    await until(async () => (await program.parts.dataPath.sessionCount()) === 1, {
      what: 'the session',
    });
    void program.drain('SIGTERM');
    const verdict = await program.reload('SIGHUP');
    assert.is(verdict.outcome === 'rejected' && verdict.reason, 'the gateway is shutting down');
    assert.match(program.readiness().reasons.join(), /^shutting down/);
  }),
);

test(
  'tells of each gateway by itself whether it is ready',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const path = join(await scope.tempDir(), 'front.sock');
    const listen = `127.0.0.1:${await freePort()}`;
    const program = await withProgram(scope, {
      ...listeningOn(listen, upstream.address),
      gateways: [
        gatewayConfig({ listen: [addressOf(listen)], endpoints: endpointsAt(upstream.address) }),
        gatewayConfig({
          name: 'other',
          listen: [addressOf(`unix:${path}`)],
          endpoints: endpointsAt(upstream.address),
        }),
      ],
    });
    await rm(path);
    await writeFile(path, 'in its place');
    await until(async () => !(await readiness(program)).ready, { what: 'the loss' });
    await program.parts.dataPath.bindLost();
    await program.parts.dataPath.look();
    assert.equal(program.readinessOf('main'), { ready: true, reasons: [] });
    assert.match(program.readinessOf('other')?.reasons.join() ?? '', /^a listener is lost/);
    assert.is(program.readinessOf('nowhere'), undefined);
  }),
);

test.run();
