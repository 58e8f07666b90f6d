import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostResolver } from '../../../src/dns/host-addresses.js';
import {
  HostUnresolved,
  type Family,
  type HostAnswer,
  type HostLookup,
} from '../../../src/dns/host-lookup.js';
import type { DnsSettings } from '../../../src/model/config.js';
import { dnsSettings, Events } from '../../support/dns-fixtures.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';

const host = 'infra0.example.test';

interface Call {
  readonly host: string;
  readonly settings: DnsSettings;
  readonly signal: AbortSignal;
  readonly answer: (answer: HostAnswer) => void;
  readonly fail: (error: Error) => void;
}

/** Look-ups that end when and as the test says. */
class ManualLookup implements Pick<HostLookup, 'lookup'> {
  readonly calls: Call[] = [];

  lookup(name: string, settings: DnsSettings, signal: AbortSignal): Promise<HostAnswer> {
    return new Promise((answer, fail) => {
      this.calls.push({ host: name, settings, signal, answer, fail });
      signal.addEventListener('abort', () => fail(new Error('aborted')));
    });
  }

  /** The n-th call; waits for it. */
  async nth(index: number): Promise<Call> {
    return await until(() => this.calls[index], { what: `look-up ${index}` });
  }
}

interface World {
  readonly lookup: ManualLookup;
  readonly clock: FakeClock;
  readonly events: Events;
  readonly resolver: HostResolver;
}

const test = suite<World>('host addresses');

test.before.each((world) => {
  const parts = { lookup: new ManualLookup(), clock: new FakeClock(), events: new Events() };
  const { lookup, clock, events } = parts;
  const resolver = new HostResolver({
    lookup,
    clock,
    observer: events.observe,
    random: () => 0,
    settings: dnsSettings(),
  });
  Object.assign(world, { ...parts, resolver });
});

test.after.each(({ resolver }) => resolver.close());

function family(...addresses: string[]): Family {
  return addresses.length > 0 ? { kind: 'addresses', addresses } : { kind: 'none' };
}

function answer(ipv4: Family, ipv6: Family = { kind: 'none' }, ttlMs = 10_000): HostAnswer {
  return { ipv4, ipv6, ttlMs };
}

/** Lets what has been settled be seen. */
async function seen(world: World, calls: number): Promise<void> {
  await until(() => world.clock.delaysMs.length > 0 && world.lookup.calls.length === calls, {
    what: 'the look-up to be taken in',
  });
}

test('knows an IP literal at once and never asks for it', ({ resolver, lookup }) => {
  const tracked = resolver.track('2001:db8::1', assert.unreachable);
  assert.equal([tracked.addresses, tracked.settled], [['2001:db8::1'], true]);
  tracked.close();
  assert.is(lookup.calls.length, 0);
});

test('looks a name up once for all who ask, and tells each of them', async (world) => {
  const told: string[] = [];
  const one = world.resolver.track(host, () => told.push('one'));
  const two = world.resolver.track('INFRA0.example.test', () => told.push('two'));
  assert.equal([one.addresses, one.settled], [[], false]);
  (await world.lookup.nth(0)).answer(answer(family('10.0.0.1'), family('2001:db8::1')));
  await world.resolver.settled();
  assert.equal(one.addresses, ['10.0.0.1', '2001:db8::1']);
  assert.is(two.addresses, one.addresses);
  assert.equal(told, ['one', 'two']);
  assert.is(world.lookup.calls.length, 1);
});

test('keeps a final dot, which makes it another name where names are searched', async (world) => {
  world.resolver.track(host, () => undefined);
  world.resolver.track(`${host}.`, () => undefined);
  const hosts = [await world.lookup.nth(0), await world.lookup.nth(1)].map((call) => call.host);
  assert.equal(hosts, [host, `${host}.`]);
});

test('looks again when the TTL ends and tells only of another set', async (world) => {
  let told = 0;
  const tracked = world.resolver.track(host, () => (told += 1));
  (await world.lookup.nth(0)).answer(answer(family('10.0.0.1', '10.0.0.2')));
  await seen(world, 1);
  const { addresses } = tracked;
  world.clock.advance(9_999);
  assert.is(world.lookup.calls.length, 1);
  world.clock.advance(1);
  (await world.lookup.nth(1)).answer(answer(family('10.0.0.2', '10.0.0.1')));
  await seen(world, 2);
  assert.is(tracked.addresses, addresses);
  assert.is(told, 1);
  world.clock.advance(10_000);
  (await world.lookup.nth(2)).answer(answer(family('10.0.0.2')));
  await seen(world, 3);
  assert.equal(tracked.addresses, ['10.0.0.2']);
  assert.is(told, 2);
  assert.is(world.events.of('host-resolved').length, 2);
});

test('keeps the last good addresses on failure and says so once per reason', async (world) => {
  const tracked = world.resolver.track(host, () => undefined);
  (await world.lookup.nth(0)).answer(answer(family('10.0.0.1')));
  await seen(world, 1);
  world.clock.advance(10_000);
  (await world.lookup.nth(1)).fail(new HostUnresolved('gone'));
  await seen(world, 2);
  assert.equal([tracked.addresses, tracked.error], [['10.0.0.1'], 'gone']);
  assert.equal(world.clock.delaysMs, [10_000]);
  world.clock.advance(10_000);
  (await world.lookup.nth(2)).fail(new HostUnresolved('gone'));
  await seen(world, 3);
  assert.equal(world.clock.delaysMs, [10_000]);
  assert.equal(world.events.of('host-failed'), [
    { type: 'host-failed', host, reason: 'gone', kept: 1 },
  ]);
  world.clock.advance(10_000);
  (await world.lookup.nth(3)).answer(answer(family('10.0.0.1')));
  await seen(world, 4);
  assert.is(tracked.error, undefined);
  assert.is(world.events.of('host-resolved').length, 2);
});

test('keeps one family while nobody can tell about it', async (world) => {
  const tracked = world.resolver.track(host, () => undefined);
  (await world.lookup.nth(0)).answer(answer(family('10.0.0.1'), family('2001:db8::1')));
  await seen(world, 1);
  world.clock.advance(10_000);
  (await world.lookup.nth(1)).answer(answer(family('10.0.0.2'), { kind: 'unknown' }));
  await seen(world, 2);
  assert.equal(tracked.addresses, ['10.0.0.2', '2001:db8::1']);
  world.clock.advance(10_000);
  (await world.lookup.nth(2)).answer(answer(family('10.0.0.2'), { kind: 'none' }));
  await seen(world, 3);
  assert.equal(tracked.addresses, ['10.0.0.2']);
});

test('counts a failure as the end of the first attempt', async (world) => {
  let told = 0;
  const tracked = world.resolver.track(host, () => (told += 1));
  (await world.lookup.nth(0)).fail(new HostUnresolved('nowhere', 7_000));
  await world.resolver.settled();
  assert.equal([tracked.settled, tracked.error, told], [true, 'nowhere', 1]);
  assert.equal(world.clock.delaysMs, [7_000]);
});

test('forgets a name when the last who asked has closed', async (world) => {
  const one = world.resolver.track(host, () => undefined);
  const two = world.resolver.track(host, () => undefined);
  const { signal } = await world.lookup.nth(0);
  one.close();
  one.close();
  assert.is(signal.aborted, false);
  two.close();
  assert.is(signal.aborted, true);
  await world.resolver.settled();
  assert.equal(world.clock.delaysMs, []);
});

test('tells nobody who has closed', async (world) => {
  world.resolver.track(host, assert.unreachable).close();
  const tracked = world.resolver.track(host, () => undefined);
  (await world.lookup.nth(1)).answer(answer(family('10.0.0.1')));
  await world.resolver.settled();
  assert.equal(tracked.addresses, ['10.0.0.1']);
});

test('drops an answer that new settings have overtaken', async (world) => {
  const tracked = world.resolver.track(host, () => undefined);
  const outdated = await world.lookup.nth(0);
  world.resolver.configure(dnsSettings({ servers: ['10.0.0.53:53'] }));
  const current = await world.lookup.nth(1);
  assert.is(outdated.signal.aborted, true);
  assert.equal(current.settings.servers, ['10.0.0.53:53']);
  outdated.answer(answer(family('6.6.6.6')));
  current.answer(answer(family('10.0.0.1')));
  await world.resolver.settled();
  assert.equal(tracked.addresses, ['10.0.0.1']);
  world.resolver.configure(dnsSettings({ servers: ['10.0.0.53:53'] }));
  assert.is(world.lookup.calls.length, 2);
});

test('looks again at once when told to, unless a look-up is under way', async (world) => {
  world.resolver.track(host, () => undefined);
  const first = await world.lookup.nth(0);
  world.resolver.refresh();
  first.answer(answer(family('10.0.0.1')));
  await world.resolver.settled();
  assert.is(world.lookup.calls.length, 1);
  world.resolver.refresh();
  await world.lookup.nth(1);
  assert.equal(world.clock.delaysMs, []);
});

/** Runs the clock until a look-up has begun that is not answered yet. */
async function begun({ lookup, clock }: World, index: number): Promise<Call> {
  return await until(
    () => {
      if (!lookup.calls[index]) clock.advance(2);
      return lookup.calls[index];
    },
    { what: `look-up ${index}` },
  );
}

test('lets a thousand names wait for each other, not one for another', async (world) => {
  for (let index = 0; index < 1000; index += 1) {
    world.resolver.track(`infra${index}.test`, () => undefined);
  }
  assert.is(world.lookup.calls.length, 8, 'all of a turn time out in one turn too');
  await begun(world, 63);
  world.clock.advance(100);
  assert.is(world.lookup.calls.length, 64);
  for (let index = 1; index < 1000; index += 1) {
    (await begun(world, index)).answer(answer(family('10.0.0.1')));
  }
  assert.is(world.events.of('host-resolved').length >= 900, true);
});

test('takes a name that has left out of the line', async (world) => {
  const tracked = Array.from({ length: 20 }, (_, index) =>
    world.resolver.track(`infra${index}.test`, () => undefined),
  );
  for (const one of tracked.slice(8)) one.close();
  world.clock.advance(100);
  assert.is(world.lookup.calls.length, 8);
  for (const one of tracked) one.close();
  assert.equal(world.clock.delaysMs, []);
});

test('settles on close whatever is under way', async (world) => {
  world.resolver.track(host, assert.unreachable);
  await world.lookup.nth(0);
  const settled = world.resolver.settled();
  await world.resolver.close();
  await settled;
  world.resolver.refresh();
  assert.is(world.lookup.calls.length, 1);
  assert.equal(world.clock.delaysMs, []);
});

test.run();
