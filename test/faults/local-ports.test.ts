import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { needs, needsThat } from '../support/needs.js';
import type { State } from '../../src/observe/admin/state.js';
import { findMaker, packetCommands, runWorker } from './matrix/start.js';
import type { Report } from './local-ports/report.js';

const test = suite('local ports');

const maker = findMaker();
const reason = maker ? undefined : 'this machine allows no network of its own (unshare, nft)';
const inNetwork =
  process.env.CI === 'true' ? needs(test, ...packetCommands) : needsThat(test, reason);

inNetwork('that are used up are named with what to do, and eject no endpoint', async () => {
  const { served, refused, logs, state, metrics } = (await runWorker(maker, [
    'dist/test/faults/local-ports/worker.js',
  ])) as Report;
  assert.is(served, 16);
  assert.ok(refused >= 18, `${refused} of 20 were refused`);
  const why = /^EADDRNOTAVAIL: .*no local port left.*ip_local_port_range/;
  const [gateway] = (JSON.parse(state) as State).gateways;
  for (const upstream of gateway?.upstreams ?? []) {
    assert.is(upstream.state, 'healthy');
    assert.match(upstream.lastError?.message ?? '', why);
  }
  const told = logs.filter(
    ({ message }) => message === 'endpoint could not be dialed, this machine is at a limit',
  );
  assert.ok(told.length >= 1 && told.length <= 3, `${told.length} lines`);
  assert.match(String(told[0]?.limit), why);
  assert.not.ok(logs.some(({ message }) => message === 'endpoint taken out of rotation'));
  assert.match(metrics, /dial_failures_total\{gateway="main",reason="limit"\} \d\d/);
});

test.run();
