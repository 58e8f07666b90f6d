import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { needs, needsThat } from '../support/needs.js';
import { systemSides } from '../support/system-sides.js';
import type { Report } from './floating-address/report.js';
import { findMaker, packetCommands, runWorker } from './matrix/start.js';

const test = suite('an address that the machine does not have yet');

const maker = findMaker();
const inNetwork =
  whyNot() === undefined ? needs(test, ...packetCommands) : needsThat(test, whyNot());

function whyNot(): string | undefined {
  if (systemSides.kind === 'portable') return 'Node has no IP_FREEBIND';
  if (maker || process.env.CI === 'true') return undefined;
  return 'this machine allows no network of its own (unshare, nft)';
}

let running: Promise<Report> | undefined;

function report(): Promise<Report> {
  running ??= runWorker(maker, ['dist/test/faults/floating-address/worker.js']) as Promise<Report>;
  return running;
}

inNetwork('is listened on with listen-freebind, and serves once it is there', async () => {
  const { freebind } = await report();
  assert.equal(freebind, { before: ['nobody', 'nobody'], after: ['it', 'it'] });
});

inNetwork('is named without it, and bound by itself once it is there', async () => {
  const { reason, served } = await report();
  assert.match(reason, /cannot listen on 10\.77\.0\.2:\d+: this machine has no such address/);
  assert.is(served, 'it');
});

test.run();
