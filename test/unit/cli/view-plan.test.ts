import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { planOfViews } from '../../../src/cli/view-plan.js';
import { parseConfig } from '../../../src/config/parse.js';
import { viewConfig, type JsonObject } from '../../../src/model/config-view.js';

const test = suite('what differs between two configurations');

function viewOf(text: string): JsonObject {
  const parsed = parseConfig(Buffer.from(text), 'g.yaml');
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems));
  return JSON.parse(JSON.stringify(viewConfig(parsed.config))) as JsonObject;
}

const base = 'gateways: { main: { listen-addr: ":1", endpoints: [a:1, b:1] } }';

function planTo(text: string, before = base): ReturnType<typeof planOfViews> {
  return planOfViews(viewOf(before), viewOf(text));
}

test('is nothing where both say the same, in whatever words', () => {
  const same =
    'gateways: { main: { listen-addr: [":1"], endpoints: [{ addr: a:1 }, b:1], retry-delay: 60s } }';
  assert.is(planTo(same), undefined);
});

const none = { added: [], removed: [], updated: [] };

test('names a gateway that comes with its listeners and endpoints, and one that goes', () => {
  assert.equal(planTo('gateways: { other: { listen-addr: ":2", endpoints: [c:1] } }'), {
    gateways: { added: ['other'], removed: ['main'], updated: [] },
    listeners: { added: ['other/:2'], removed: ['main/:1'], updated: [] },
    endpoints: { added: ['other/c:1'], removed: ['main/a:1', 'main/b:1'], updated: [] },
    settings: [],
    values: {},
  });
});

test('tells the values of what is changed', () => {
  const plan = planTo(`
gateways:
  main:
    listen-addr: [":1", "unix:/s"]
    endpoints: [{ addr: a:1, weight: 3, drain: true }, b:1]
    health-check: { type: tcp, interval: 1m }
    member-discovery: { interval: 10s }
dns: { timeout: 3s }
`);
  assert.equal(plan?.listeners.added, ['main/unix:/s']);
  assert.equal(plan?.endpoints, { ...none, updated: ['main/a:1'] });
  assert.equal(plan?.settings, ['main.health-check', 'main.member-discovery', 'dns']);
  const { 'main.member-discovery': members = '', ...values } = plan?.values ?? {};
  assert.match(members, 'none → ');
  assert.equal(values, {
    'main/a:1': 'weight 1 → 3, drain false → true',
    'main.health-check': 'type none → tcp, interval 5s → 1m0s',
    dns: 'timeout 2s → 3s',
  });
});

test('tells another order, and a final dot as a change of the same endpoint', () => {
  const plan = planTo('gateways: { main: { listen-addr: ":1", endpoints: [b:1, "a.:1"] } }');
  assert.equal(plan?.endpoints, { ...none, updated: ['main/a:1'] });
  assert.equal(plan?.settings, ['main.order']);
  assert.equal(plan?.values, { 'main/a:1': 'addr a:1 → a.:1' });
});

test('takes what another version sends as it is', () => {
  assert.ok(planOfViews({}, viewOf(base))?.gateways.added.includes('main'));
  assert.ok(planOfViews({ gateways: 3, new: { key: 1 } }, viewOf(base)));
});

test.run();
