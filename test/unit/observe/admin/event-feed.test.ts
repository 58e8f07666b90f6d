import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../../../src/model/clock.js';
import type { GatewayEvent } from '../../../../src/model/events.js';
import { EventFeed, type FeedItem } from '../../../../src/observe/admin/event-feed.js';

const test = suite('event feed');

const up = (gateway: string): GatewayEvent => ({ type: 'pool-up', gateway, downForMs: 5 });
const names = (items: readonly FeedItem[]): unknown[] =>
  items.map(({ data }) => (JSON.parse(data) as { gateway: unknown }).gateway);

test('keeps the latest events only', () => {
  const feed = new EventFeed(systemClock);
  for (let count = 0; count < 1_000; count += 1) feed.observe(up(String(count)));
  const kept = names(feed.since(undefined));
  assert.is(kept.length, 256);
  assert.is(kept.at(-1), '999');
});

test('keeps large events in bounded memory, without their endless lists', () => {
  const feed = new EventFeed(systemClock);
  const endpoints = Array.from({ length: 5_000 }, (_none, index) => `10.0.0.1:${index}`);
  const answered = {
    type: 'source-answered',
    gateway: 'main',
    source: 'srv',
    nextInMs: 1,
  } as const;
  for (let count = 0; count < 200; count += 1) {
    feed.observe({ ...answered, endpoints: [`10.0.0.2:${count}`, ...endpoints] });
  }
  const kept = feed.since(undefined);
  assert.ok(kept.length > 10);
  assert.ok(kept.reduce((sum, { data }) => sum + data.length, 0) <= 512 * 1024);
  assert.match(kept[0]?.data ?? '', '… and 4501 more');
});

test('tells how a discovery, a target or a name stands when that changes', () => {
  const feed = new EventFeed(systemClock);
  const of = { gateway: 'main', source: 'srv', nextInMs: 1 } as const;
  const failed = (reason: string, nextInMs: number): GatewayEvent => ({
    ...{ type: 'source-failed', ...of, reason, kept: 0, nextInMs },
  });
  const answered = (...endpoints: string[]): GatewayEvent => ({
    ...{ type: 'source-answered', ...of, endpoints },
  });
  const refused: GatewayEvent = { type: 'target-refused', ...of, target: 'a:1', reason: 'no' };
  const events = [
    ...[failed('x', 1), failed('x', 2), failed('y', 4), refused, refused],
    ...[answered('b:1'), answered('b:1'), failed('y', 1), answered('b:1')],
    ...[answered('a:1', 'b:1'), refused],
  ];
  for (const event of events) feed.observe(event);
  assert.equal(
    feed.since(undefined).map(({ type }) => type),
    [
      ...['source-failed', 'source-failed', 'target-refused', 'source-answered', 'source-failed'],
      ...['source-answered', 'source-answered', 'target-refused'],
    ],
  );
});

test('replays what came after an id, or all that is kept', () => {
  const feed = new EventFeed(systemClock);
  for (const name of ['a', 'b', 'c']) feed.observe(up(name));
  const [first] = feed.since(undefined);
  assert.equal(names(feed.since(first?.id)), ['b', 'c']);
  assert.equal(names(feed.since('unknown-1')), ['a', 'b', 'c']);
});

test('leaves out what happens once a session, dial, check or query', () => {
  const feed = new EventFeed(systemClock);
  const at = { gateway: 'main', endpoint: '10.0.0.1:2379' };
  feed.observe({ type: 'dial-connected', ...at, durationMs: 1 });
  feed.observe({ type: 'health-checked', ...at, ok: true, reason: '', durationMs: 1, made: true });
  feed.observe({
    type: 'dns-queried',
    server: '10.0.0.53:53',
    name: 'a.test',
    recordType: 'A',
    outcome: 'answer',
    durationMs: 1,
  });
  feed.observe({ type: 'notice', level: 'debug', message: 'x', fields: {} });
  assert.equal(feed.since(undefined), []);
});

test('tells those who have subscribed, until they end it', () => {
  const feed = new EventFeed(systemClock);
  const heard: FeedItem[] = [];
  const end = feed.subscribe((item) => heard.push(item));
  feed.observe(up('a'));
  end();
  feed.observe(up('b'));
  assert.equal(names(heard), ['a']);
});

test.run();
