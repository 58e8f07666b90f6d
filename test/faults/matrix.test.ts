import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { needs, needsThat } from '../support/needs.js';
import { allCells, needsOwnNetwork, sentence } from './matrix/cells.js';
import type { Report } from './matrix/report.js';
import { holdsNoMore } from '../support/residue.js';
import { findMaker, packetCommands, tryMatrix } from './matrix/start.js';

const test = suite('the fault matrix');
const MiB = 1024 * 1024;

const maker = findMaker();
const reason = maker ? undefined : 'this machine allows no network of its own (unshare, nft)';

/** A test for what drops packets; where that is not allowed it is skipped, and in CI it fails. */
const withPackets =
  process.env.CI === 'true' ? needs(test, ...packetCommands) : needsThat(test, reason);

let running: Promise<Report> | undefined;

/** All cells are tried at once, when the first test asks. */
function report(): Promise<Report> {
  return (running ??= tryMatrix(maker));
}

for (const cell of allCells()) {
  const register = needsOwnNetwork(cell) ? withPackets : test;
  register(sentence(cell), async () => {
    const { results } = await report();
    const result = results.find(({ name }) => name === cell.name);
    assert.ok(result, 'it was tried');
    assert.equal(result.problems, []);
  });
}

withPackets('a full accept queue of its own costs a client time and nothing else', async () => {
  const { ownQueue } = await report();
  assert.ok(ownQueue);
  assert.is(ownQueue.served, ownQueue.clients);
});

test('leaves no session and no dial', async () => {
  assert.is((await report()).sessions, 0);
});

test('leaves no descriptor, socket or timer once its gateways have left the file', async () => {
  const { before, after } = await report();
  assert.ok(
    holdsNoMore(after, before),
    `${JSON.stringify(after)}, ${JSON.stringify(before)} before`,
  );
});

test('leaves no memory of the sessions', async () => {
  const { before, after, most } = await report();
  const grown = (at: typeof after): number =>
    at.heapBytes + at.buffersBytes - before.heapBytes - before.buffersBytes;
  console.log(`heap and buffers: +${grown(most)} bytes after the cells, +${grown(after)} at last`);
  assert.ok(grown(after) < 6 * MiB, `${grown(after)} bytes more`);
});

test.run();
