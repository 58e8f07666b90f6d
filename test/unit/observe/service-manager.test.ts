import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { RejectedVerdict, Verdict } from '../../../src/model/plan.js';
import { ServiceManager } from '../../../src/observe/service-manager.js';
import { FakeClock } from '../../support/fake-clock.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('service manager');

const base = { reconcileId: 1, trigger: 'file', atMs: 0, durationMs: 1 };

function applied(generation: number): Verdict {
  return { ...base, generation, outcome: 'unchanged' };
}

function rejected(at: RejectedVerdict['at'], reason: string, generation = 1): Verdict {
  const where = { at, source: 'gateway.yaml', reason, problems: [] };
  return { ...base, generation, outcome: 'rejected', ...where };
}

/** A stand-in for systemd-notify that writes down what it is given, and the manager that runs it. */
async function withManager(
  scope: Scope,
  more: Record<string, string> = {},
  alive: () => Promise<unknown> = () => Promise.resolve(),
): Promise<{ manager: ServiceManager; clock: FakeClock; said: () => Promise<string[]> }> {
  const dir = await scope.tempDir();
  const [command, record] = [join(dir, 'systemd-notify'), join(dir, 'said')];
  await writeFile(record, '');
  await writeFile(command, `#!/bin/sh\necho "$*" >> '${record}'\n`);
  await chmod(command, 0o755);
  const clock = new FakeClock();
  const manager = new ServiceManager({
    env: { NOTIFY_SOCKET: '@somewhere', PATH: dir, ...more },
    pid: 7,
    monotonicUsec: () => 42n,
    alive,
    clock,
    observer: () => undefined,
  });
  const said = async (): Promise<string[]> => {
    await manager.close();
    return (await readFile(record, 'utf8')).split('\n').slice(0, -1);
  };
  return { manager, clock, said };
}

test(
  'says each thing once, in order, and a status only when it is another one',
  scoped(async (scope) => {
    const { manager, said } = await withManager(scope);
    manager.observe({ type: 'reconciled', verdict: applied(1) });
    manager.ready();
    manager.observe({ type: 'reconciled', verdict: applied(1) });
    manager.reloading();
    manager.observe({ type: 'reconciled', verdict: applied(2) });
    manager.ready();
    manager.stopping(5_000);
    assert.equal(await said(), [
      '--pid=7 READY=1 STATUS=serving, generation 2',
      '--pid=7 RELOADING=1 MONOTONIC_USEC=42',
      '--pid=7 READY=1 STATUS=serving, generation 2',
      '--pid=7 STOPPING=1 EXTEND_TIMEOUT_USEC=15000000 STATUS=sessions finish, no new ones are taken',
    ]);
  }),
);

test(
  'lets no reason begin another assignment',
  scoped(async (scope) => {
    const { manager, said } = await withManager(scope);
    manager.observe({ type: 'reconciled', verdict: rejected('configuration', 'bad\nMAINPID=1\0') });
    manager.ready();
    const status = 'serving generation 1, configuration refused: bad MAINPID=1 ';
    assert.equal(await said(), [`--pid=7 READY=1 STATUS=${status}`]);
  }),
);

test(
  'tells a configuration that is wrong from one that cannot be had, and neither serves at first',
  scoped(async (scope) => {
    const { manager, said } = await withManager(scope);
    manager.ready();
    await said();
    for (const [at, generation] of [
      ['apply', 1],
      ['apply', 0],
      ['configuration', 0],
    ] as const) {
      manager.observe({ type: 'reconciled', verdict: rejected(at, 'why', generation) });
      await said(); // the status is that of the moment when it is sent
    }
    const statuses = (await said()).map((line) => line.replace(/^.*STATUS=/, ''));
    assert.equal(statuses, [
      'starting',
      'serving generation 1, configuration could not be applied: why',
      'configuration could not be applied, nothing is started: why',
      'configuration refused, nothing is started: why',
    ]);
  }),
);

test(
  'feeds the watchdog at half its time, if it is meant for this process',
  scoped(async (scope) => {
    const ours = await withManager(scope, { WATCHDOG_USEC: '4000000', WATCHDOG_PID: '7' });
    ours.manager.ready();
    assert.equal(ours.clock.delaysMs, [2_000]);
    for (let time = 0; time < 2; time += 1) {
      ours.clock.advance(2_000);
      await Promise.resolve(); // the data path answers
      await Promise.resolve();
    }
    assert.is((await ours.said()).filter((line) => line.endsWith('WATCHDOG=1')).length, 2);
    assert.equal(ours.clock.delaysMs, [], 'closed with its timer');

    const others = await withManager(scope, { WATCHDOG_USEC: '4000000', WATCHDOG_PID: '8' });
    others.manager.ready();
    assert.equal(others.clock.delaysMs, []);
    await others.manager.close();
  }),
);

test(
  'does not feed the watchdog while the data path does not answer, nor once it has stopped',
  scoped(async (scope) => {
    const settings = { WATCHDOG_USEC: '4000000' };
    const hung = await withManager(scope, settings, () => new Promise(() => undefined));
    hung.manager.ready();
    hung.clock.advance(10_000);
    assert.not.ok((await hung.said()).some((line) => line.endsWith('WATCHDOG=1')));

    let answer: () => void = () => undefined;
    const late = await withManager(scope, settings, () => {
      return new Promise<void>((resolve) => (answer = resolve));
    });
    late.manager.ready();
    late.clock.advance(2_000);
    late.manager.stopping(0);
    answer();
    await Promise.resolve();
    assert.not.ok((await late.said()).some((line) => line.endsWith('WATCHDOG=1')));
    assert.equal(late.clock.delaysMs, []);
  }),
);

test.run();
