import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { needs, needsThat } from '../support/needs.js';
import { allTrials } from './links/cases.js';
import type { CellResult } from './matrix/report.js';
import { findMaker, packetCommands, runWorker } from './matrix/start.js';

const test = suite('links that go down');

const maker = findMaker();
const reason = maker ? undefined : 'this machine allows no network of its own (unshare, nft)';
const inNetworks =
  process.env.CI === 'true' ? needs(test, ...packetCommands, 'nsenter') : needsThat(test, reason);

let running: Promise<readonly CellResult[]> | undefined;

/** All are tried at once, when the first test asks. */
function results(): Promise<readonly CellResult[]> {
  running ??= runWorker(maker, ['dist/test/faults/links/worker.js']) as Promise<CellResult[]>;
  return running;
}

for (const { name, sentence, side } of allTrials()) {
  inNetworks(`${sentence} (the ${side}'s interface is down)`, async () => {
    const result = (await results()).find((one) => one.name === name);
    assert.ok(result, 'it was tried');
    assert.equal(result.problems, []);
  });
}

test.run();
