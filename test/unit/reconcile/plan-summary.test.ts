import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { diff } from '../../../src/reconcile/diff.js';
import { summarize } from '../../../src/reconcile/plan-summary.js';
import {
  addressOf,
  desiredGateway,
  desiredState,
  endpointAt,
  endpointsAt,
  settingsWith,
} from '../../support/desired.js';

const test = suite('plan summary');

test('names all that comes with a gateway and goes with one', () => {
  const left = desiredGateway({ name: 'left', endpoints: endpointsAt('a:1') });
  const came = desiredGateway({ name: 'came', endpoints: endpointsAt('b:1', 'c:1') });
  const before = desiredState(left);
  const summary = summarize(diff(before, desiredState(came)), before.gateways);
  assert.equal(summary, {
    gateways: { added: ['came'], removed: ['left'], updated: [] },
    listeners: { added: ['came/127.0.0.1:23790'], removed: ['left/127.0.0.1:23790'] },
    endpoints: { added: ['came/b:1', 'came/c:1'], removed: ['left/a:1'], updated: [] },
    settings: [],
  });
});

test('names what changes within a gateway', () => {
  const before = desiredState(desiredGateway({ endpoints: endpointsAt('a:1', 'b:1', 'c:1') }));
  const after = desiredGateway({
    listen: [addressOf('127.0.0.1:1')],
    endpoints: endpointsAt('b:1', endpointAt('a:1', { weight: 2 }), 'd:1'),
    settings: settingsWith({ maxSessions: 1 }),
  });
  const log = { level: 'debug', format: 'auto' } as const;
  const desired = { ...desiredState(after), process: { ...before.process, log } };
  assert.equal(summarize(diff(before, desired), before.gateways), {
    gateways: { added: [], removed: [], updated: ['main'] },
    listeners: { added: ['main/127.0.0.1:1'], removed: ['main/127.0.0.1:23790'] },
    endpoints: { added: ['main/d:1'], removed: ['main/c:1'], updated: ['main/a:1'] },
    settings: ['main.max-sessions', 'main.order', 'log'],
  });
});

test.run();
