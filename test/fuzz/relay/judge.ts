import * as assert from 'uvu/assert';

import { until } from '../../support/until.js';
import { assertRight, settle } from './commands.js';
import { otherSide, type SessionModel } from './model.js';
import type { SideName } from './script.js';
import type { RealSession } from './world.js';

const sides = ['client', 'endpoint'] as const;

/** What comes before there is an upstream (64 KiB), and the read that finds its sink full (64 KiB). */
const mostHeld = 128 * 1024;

/** Lets both sides read to the end, and holds what they saw against what was done. */
export async function judge(model: SessionModel, real: RealSession): Promise<void> {
  for (const side of sides) {
    model[side].paused = false;
    if (!model[side].reset) real[side].socket.resume();
  }
  const resetBy = sides.filter((side) => model[side].reset);
  const [first] = resetBy;
  if (first === undefined) await judgeEnds(model, real);
  else if (resetBy.length === 1) await judgeReset(first, model, real);
  for (const side of sides) assertRight(real[side], model[otherSide(side)].sent);
  const held = real.mostPendingBytes;
  assert.ok(held <= mostHeld, `${held} bytes were held for a slow reader`);
}

/** Nobody has reset: every byte and every end comes, and nothing else. */
async function judgeEnds(model: SessionModel, real: RealSession): Promise<void> {
  await settle(model, real);
  for (const side of sides) {
    assert.is(real[side].sawEnd, model[otherSide(side)].ended, `an end at the ${side}`);
    assert.is(real[side].error, undefined);
  }
  for (const side of sides) real[side].socket.end();
  const { client, endpoint } = real;
  await until(() => client.closed && endpoint.closed, {
    what: 'both ends',
    ...{ everyMs: 1, timeoutMs: real.patienceMs },
  });
  assert.equal([client.error, endpoint.error], [undefined, undefined]);
  const { end, bytesSent, bytesReceived } = await real.closed();
  assert.equal([end, bytesSent, bytesReceived], ['done', model.client.sent, model.endpoint.sent]);
}

/**
 * The other side must see a reset too, unless the gateway could not know: TCP tells a reset that
 * comes with the last bytes from an end only to one who can still write (docs/peers.md).
 */
async function judgeReset(by: SideName, model: SessionModel, real: RealSession): Promise<void> {
  const other = otherSide(by);
  const witness = real[other];
  await until(() => witness.sawEnd || witness.closed, {
    what: `a word at the ${other}`,
    ...{ everyMs: 1, timeoutMs: real.patienceMs },
  });
  const ending = await witness.ending();
  const wasWritable = !model[other].ended && real[by].received === model[other].sent;
  if (ending === 'end' && wasWritable) {
    assert.ok(model[by].ended, `the ${other} saw an end that was a reset`);
    assert.is(witness.received, model[by].sent, `the ${other} saw an end too early`);
  }
  witness.socket.destroy();
  await real.closed();
}
