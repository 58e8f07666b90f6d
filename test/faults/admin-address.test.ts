import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { needs, needsThat } from '../support/needs.js';
import type { Report } from './admin-address/report.js';
import { findMaker, packetCommands, runWorker } from './matrix/start.js';

const test = suite('the default admin address');

const maker = findMaker();
const inNetwork =
  maker || process.env.CI === 'true'
    ? needs(test, ...packetCommands)
    : needsThat(test, 'this machine allows no network of its own (unshare, nft)');

let running: Promise<Report> | undefined;

function report(): Promise<Report> {
  running ??= runWorker(maker, ['dist/test/faults/admin-address/worker.js']) as Promise<Report>;
  return running;
}

inNetwork(
  'gives way to a gateway and to another process, and is taken once it is free',
  async () => {
    const { answers } = await report();
    assert.equal(answers, {
      'beside a gateway': 'admin',
      'given way to a gateway': 'gateway',
      'back from a gateway': 'admin',
      'started on a gateway': 'gateway',
      'started beside another process': 'other',
      'left by that': 'admin',
    });
  },
);

inNetwork('is told of in the log, each change once, and by check', async () => {
  const { told, checked } = await report();
  const listening = 'admin server listening: ';
  const busy =
    'running without admin server: admin.listen-addr 127.0.0.1:23791 cannot be bound: the address is in use';
  const taken = 'running without admin server: gateways.main.listen-addr has it';
  assert.equal(told, [...[listening, taken, busy, listening], ...[taken], ...[busy, listening]]);
  assert.is(checked.code, 0);
  assert.match(
    checked.stdout,
    /admin +off, its default address is that of gateways\.main\.listen-addr\n/,
  );
  assert.match(
    checked.stderr,
    'warning: gateways.main.listen-addr has 127.0.0.1:23791: there is no admin server (write admin.listen-addr)',
  );
});

test.run();
