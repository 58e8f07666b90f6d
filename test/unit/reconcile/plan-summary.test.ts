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

const tlsFiles = {
  caFile: '/ca.pem',
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
};

const test = suite('plan summary');

test('names all that comes with a gateway and goes with one', () => {
  const left = desiredGateway({ name: 'left', endpoints: endpointsAt('a:1') });
  const came = desiredGateway({ name: 'came', endpoints: endpointsAt('b:1', 'c:1') });
  const before = desiredState(left);
  const after = desiredState(came);
  const summary = summarize(diff(before, after), before, after);
  assert.equal(summary, {
    gateways: { added: ['came'], removed: ['left'], updated: [] },
    listeners: { added: ['came/127.0.0.1:23790'], removed: ['left/127.0.0.1:23790'] },
    endpoints: { added: ['came/b:1', 'came/c:1'], removed: ['left/a:1'], updated: [] },
    settings: [],
    values: {},
  });
});

test('names what changes within a gateway', () => {
  const before = desiredState(desiredGateway({ endpoints: endpointsAt('a:1', 'b:1', 'c:1') }));
  const after = desiredGateway({
    listen: [addressOf('127.0.0.1:1')],
    endpoints: endpointsAt('b:1', endpointAt('a:1', { weight: 2 }), 'd:1'),
    settings: settingsWith({ maxSessions: 1 }),
  });
  const log = { level: 'debug', format: 'auto', sessions: false } as const;
  const desired = { ...desiredState(after), process: { ...before.process, log } };
  assert.equal(summarize(diff(before, desired), before, desired), {
    gateways: { added: [], removed: [], updated: ['main'] },
    listeners: { added: ['main/127.0.0.1:1'], removed: ['main/127.0.0.1:23790'] },
    endpoints: { added: ['main/d:1'], removed: ['main/c:1'], updated: ['main/a:1'] },
    settings: ['main.max-sessions', 'main.order', 'log'],
    values: {
      'main/a:1': 'weight 1 → 2',
      'main.max-sessions': '0 → 1',
      log: 'level info → debug',
    },
  });
});

test('shows what changes in the words of the file, and of what has parts those that change', () => {
  const before = desiredState(desiredGateway({ endpoints: endpointsAt('a:1') }));
  const { healthCheck } = settingsWith();
  const after = desiredGateway({
    endpoints: [endpointAt('a:1', { weight: 10, drain: true })],
    settings: settingsWith({
      userTimeoutMs: 60_000,
      allow: ['10.0.0.0/8'],
      healthCheck: { ...healthCheck, type: 'tls', tls: tlsFiles },
      rebalance: { toleranceRatio: 0.2, quietForMs: 5_000, maxPerSecond: 1 },
    }),
  });
  const { listen, ...admin } = { ...before.process.admin, listen: addressOf('unix:/a.sock') };
  const process = { ...before.process, admin: { ...admin, listen } };
  const desired = { ...desiredState(after), process };
  assert.equal(summarize(diff(before, desired), before, desired).values, {
    'main/a:1': 'weight 1 → 10, drain false → true',
    'main.tcp-user-timeout': '30s → 1m0s',
    'main.health-check': 'type none → tls, tls none → {"ca-file":"/ca.pem"}',
    'main.rebalance': 'none → {"tolerance":"20%","quiet-for":"5s","max-per-second":1}',
    'main.allow': '[] → ["10.0.0.0/8"]',
    admin: 'listen-addr off → unix:/a.sock',
  });
});

test.run();
