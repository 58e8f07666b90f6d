import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatAddress, type Address } from '../../../src/model/address.js';
import type { DesiredGateway, DesiredState } from '../../../src/model/desired-state.js';
import { endpointKey, type Endpoint } from '../../../src/model/endpoint.js';
import type { GatewayUpdate } from '../../../src/model/plan.js';
import { diff, isEmpty } from '../../../src/reconcile/diff.js';
import {
  addressOf,
  desiredGateway,
  desiredState,
  endpointAt,
  endpointsAt,
  settingsWith,
} from '../../support/desired.js';

const test = suite('diff');

test('adds every gateway where nothing runs yet', () => {
  const main = desiredGateway();
  const plan = diff(undefined, desiredState(main));
  assert.equal(plan, { added: [main], removed: [], updated: [], process: [] });
});

test('finds nothing between equal states that are not the same objects', () => {
  const state = () => desiredState(desiredGateway({ endpoints: endpointsAt('10.0.0.1:2379') }));
  assert.ok(isEmpty(diff(state(), state())));
});

test('names what was added, removed and updated', () => {
  const before = desiredState(desiredGateway({ name: 'left' }), desiredGateway({ name: 'kept' }));
  const after = desiredState(
    desiredGateway({ name: 'kept', listen: [addressOf('127.0.0.1:1')] }),
    desiredGateway({ name: 'came' }),
  );
  const plan = diff(before, after);
  assert.equal(plan.removed, ['left']);
  assert.equal(
    plan.added.map(({ name }) => name),
    ['came'],
  );
  assert.equal(
    plan.updated.map(({ name }) => name),
    ['kept'],
  );
});

test('matches endpoints by address: another weight is an update, another port is not', () => {
  const before = endpointsAt('10.0.0.1:2379', '10.0.0.2:2379', '10.0.0.3:2379');
  const heavier = endpointAt('10.0.0.2:2379', { weight: 5 });
  const after = endpointsAt('10.0.0.1:2379', heavier, '10.0.0.3:2380');
  const { endpoints } = onlyUpdate(before, after);
  assert.equal(endpoints.updated, [heavier]);
  assert.equal(endpoints.removed.map(endpointKey), ['10.0.0.3:2379']);
  assert.equal(endpoints.added.map(endpointKey), ['10.0.0.3:2380']);
  assert.is(endpoints.reordered, false);
});

const orders: readonly (readonly [string, string, boolean])[] = [
  ['ab', 'ba', true],
  ['abc', 'ac', false],
  ['ac', 'abc', false],
  ['abc', 'cab', true],
  ['abc', 'xbyc', false],
];
for (const [before, after, reordered] of orders) {
  test(`says of ${before} that becomes ${after} that its order ${reordered ? 'changed' : 'stayed'}`, () => {
    assert.is(onlyUpdate(hosts(before), hosts(after)).endpoints.reordered, reordered);
  });
}

test('spells settings as the file does', () => {
  const before = desiredState(desiredGateway());
  const settings = settingsWith({ retryDelayMs: 1, onEject: 'close', listenMode: 0o600 });
  const discovery = {
    srv: undefined,
    members: { intervalMs: 1, tls: undefined, username: undefined, passwordFile: undefined },
  };
  const [update] = diff(before, desiredState(desiredGateway({ settings, discovery }))).updated;
  assert.equal(update?.settings, ['retry-delay', 'on-eject', 'listen-mode', 'members-discovery']);
});

test('names the process settings that differ', () => {
  const before = desiredState(desiredGateway());
  const log = { level: 'debug', format: 'json' } as const;
  const plan = diff(before, { ...before, process: { ...before.process, log } });
  assert.equal(plan.process, ['log']);
  assert.is(isEmpty(plan), false);
});

test('is done with five thousand endpoints before anybody notices', () => {
  const many = (port: number) =>
    Array.from({ length: 5_000 }, (_, n) => endpointAt(`10.0.${n >> 8}.${n & 255}:${port}`));
  const startedMs = performance.now();
  onlyUpdate(many(2379), [...many(2379).reverse(), ...many(2380)]);
  assert.ok(performance.now() - startedMs < 1_000);
});

const arbitraryEndpoint: fc.Arbitrary<Endpoint> = fc.record(
  {
    address: fc.constantFrom('a', 'b', 'c', 'd', 'e').map((host) => addressOf(`${host}:2379`)),
    weight: fc.integer({ min: 0, max: 3 }),
    priority: fc.integer({ min: 0, max: 2 }),
    maxSessions: fc.constantFrom(0, 10),
    drain: fc.boolean(),
  },
  { noNullPrototype: true },
);

const arbitraryGateway: fc.Arbitrary<DesiredGateway> = fc.record(
  {
    name: fc.constantFrom('main', 'events', 'backup'),
    listen: fc.uniqueArray(
      fc.integer({ min: 1, max: 4 }).map((port) => addressOf(`127.0.0.1:${port}`)),
      { selector: formatAddress, minLength: 1 },
    ),
    endpoints: fc.uniqueArray(arbitraryEndpoint, { selector: endpointKey }),
    settings: fc
      .record({ retryDelayMs: fc.constantFrom(1, 2), maxSessions: fc.nat(2) })
      .map(settingsWith),
    discovery: fc.constant({ srv: undefined, members: undefined }),
  },
  { noNullPrototype: true },
);

const arbitraryState = fc
  .uniqueArray(arbitraryGateway, { selector: ({ name }) => name })
  .map((gateways) => desiredState(...gateways));

test('gives a plan that makes the desired state out of the current one', () => {
  fc.assert(
    fc.property(arbitraryState, arbitraryState, (current, desired) => {
      const plan = diff(current, desired);
      const names = new Set(current.gateways.keys());
      for (const name of plan.removed) assert.ok(names.delete(name), `${name} did not run`);
      for (const { name } of plan.added) names.add(name);
      assert.equal([...names].sort(), [...desired.gateways.keys()].sort());
      for (const update of plan.updated) checkUpdate(update, current, desired);
    }),
  );
});

test('is empty the second time, and only then', () => {
  fc.assert(
    fc.property(arbitraryState, arbitraryState, (current, desired) => {
      assert.ok(isEmpty(diff(desired, structuredClone(desired))));
      assert.is(isEmpty(diff(current, desired)), isSame(current, desired));
    }),
  );
});

function isSame(a: DesiredState, b: DesiredState): boolean {
  const text = ({ gateways }: DesiredState) =>
    JSON.stringify([...gateways].sort(([one], [other]) => one.localeCompare(other)));
  return text(a) === text(b);
}

function checkUpdate(update: GatewayUpdate, current: DesiredState, desired: DesiredState): void {
  const before = current.gateways.get(update.name);
  const after = desired.gateways.get(update.name);
  if (!before || !after) throw new Error(`${update.name} is not on both sides`);
  assert.equal(applied(before.listen, update.listeners, formatAddress), sorted(after.listen));
  const endpoints = new Map(before.endpoints.map((one) => [endpointKey(one), one]));
  for (const one of update.endpoints.removed) assert.ok(endpoints.delete(endpointKey(one)));
  for (const one of [...update.endpoints.updated, ...update.endpoints.added]) {
    endpoints.set(endpointKey(one), one);
  }
  for (const one of after.endpoints) assert.equal(endpoints.get(endpointKey(one)), one);
  assert.is(endpoints.size, after.endpoints.length);
}

function applied(
  before: readonly Address[],
  changes: { readonly added: readonly Address[]; readonly removed: readonly Address[] },
  key: (address: Address) => string,
): string[] {
  const removed = new Set(changes.removed.map(key));
  const left = before.filter((address) => !removed.has(key(address)));
  return sorted([...left, ...changes.added]);
}

function sorted(addresses: readonly Address[]): string[] {
  return addresses.map(formatAddress).sort();
}

function hosts(letters: string): readonly Endpoint[] {
  return Array.from(letters, (letter) => endpointAt(`${letter}:2379`));
}

function onlyUpdate(before: readonly Endpoint[], after: readonly Endpoint[]): GatewayUpdate {
  const [update] = diff(
    desiredState(desiredGateway({ endpoints: before })),
    desiredState(desiredGateway({ endpoints: after })),
  ).updated;
  if (!update) throw new Error('nothing was to be updated');
  return update;
}

test.run();
