import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { errorMessage } from '../../src/model/errors.js';
import type { GatewayEvent } from '../../src/model/events.js';
import type { Side, Sides } from '../../src/model/side.js';
import { Listener } from '../../src/proxy/listener.js';
import { LostListeners } from '../../src/proxy/lost-listeners.js';
import { whoAnswers } from '../support/client.js';
import { addressOf } from '../support/desired.js';
import { FakeClock } from '../support/fake-clock.js';
import { withLive, type Live } from '../support/live.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('a lost listener');
const acceptor = { accept: (client: Side) => client.reset() };

interface Bench {
  readonly clock: FakeClock;
  readonly lost: LostListeners;
  readonly listener: Listener;
  readonly port: number;
  readonly back: Listener[];
  readonly messages: () => string[];
}

function bench(scope: Scope, port: number): Bench {
  const clock = new FakeClock();
  const events: GatewayEvent[] = [];
  const observer = (event: GatewayEvent): unknown => events.push(event);
  const back: Listener[] = [];
  const address = addressOf(`127.0.0.1:${port}`);
  const listener = new Listener(address, undefined, { sides: systemSides, observer });
  listener.serve(acceptor);
  scope.defer(() => listener.close());
  const lost = new LostListeners({ clock, observer, back: (one) => back.push(one) });
  scope.defer(() => lost.clear());
  const messages = (): string[] =>
    events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  return { clock, lost, listener, port, back, messages };
}

/** Somebody else, on a port of its own choice. */
async function withThief(scope: Scope): Promise<{ server: Server; port: number }> {
  const port = await freePort();
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  return { server, port };
}

/** The next try has ended, whichever way. */
async function tried({ clock, lost }: Bench): Promise<void> {
  clock.advance(1_000);
  await lost.pause();
  lost.resume();
}

test(
  'is tried every second, told of once, and back as soon as its address is free',
  scoped(async (scope) => {
    const { server, port } = await withThief(scope);
    const one = bench(scope, port);
    one.lost.add(one.listener, 'busy');
    one.lost.resume();
    for (let second = 0; second < 3; second += 1) await tried(one);
    assert.equal(one.messages(), ['a listener is lost, its address is tried again every second']);
    server.close();
    await once(server, 'close');
    await tried(one);
    assert.equal(one.back, [one.listener]);
    assert.is(one.messages().at(-1), 'a lost listener is back');
    assert.equal(one.clock.delaysMs, [], 'nothing is left to try');
    assert.is(await whoAnswers(port), undefined);
  }),
);

test(
  'is left alone while a plan is prepared, and for good once nobody wants it',
  scoped(async (scope) => {
    const one = bench(scope, await freePort());
    one.lost.add(one.listener, 'busy');
    one.lost.resume();
    await one.lost.pause();
    assert.equal(one.clock.delaysMs, []);
    one.lost.resume();
    assert.equal(one.clock.delaysMs, [1_000]);
    one.lost.clear();
    assert.equal(one.clock.delaysMs, []);
    assert.equal(one.back, []);
  }),
);

test(
  'that is not wanted any more while it is being bound is closed again',
  scoped(async (scope) => {
    const one = bench(scope, await freePort());
    one.lost.add(one.listener, 'busy');
    one.lost.resume();
    one.clock.advance(1_000);
    one.lost.clear();
    await one.lost.pause();
    assert.equal(one.back, []);
    const thief = createServer();
    scope.defer(() => void thief.close());
    await until(() => canListen(thief, one.port), { what: 'the port to be free' });
  }),
);

/** The system's sides; `before` is called before an address is bound. */
class WatchedSides {
  before: () => Promise<void> = () => Promise.resolve();
  readonly sides: Sides = {
    ...systemSides,
    listen: async (address, options, acceptor) => {
      await this.before();
      return systemSides.listen(address, options, acceptor);
    },
  };
}

/** A reload lets the gateway's address go, and it is taken before it is bound again by the undoing. */
async function withLostAddress(scope: Scope, live: Live, watched: WatchedSides): Promise<Server> {
  const prepared = await live.prepare({ endpoints: [], listen: [`0.0.0.0:${live.port}`] });
  const thief = createServer((socket) => socket.destroy());
  scope.defer(() => void thief.close());
  watched.before = async () => {
    watched.before = () => Promise.resolve();
    await once(thief.listen(live.port, '127.0.0.1'), 'listening');
  };
  await prepared.rollback();
  return thief;
}

test(
  'holds up no plan, and serves by the latest one when it is back',
  scoped(async (scope) => {
    const one = await withUpstream(scope, { behaviour: identity('one') });
    const other = await withUpstream(scope, { behaviour: identity('other') });
    const watched = new WatchedSides();
    const live = await withLive(scope, { endpoints: [one.address] }, watched);
    const lostAddress = `127.0.0.1:${live.port}`;
    const thief = await withLostAddress(scope, live, watched);
    assert.is(live.gateways.lostListeners.length, 1);
    assert.match(live.gateways.lostListeners[0] ?? '', `cannot listen on ${lostAddress}: `);

    const free = `127.0.0.1:${await freePort()}`;
    await live.apply(
      { endpoints: [one.address], listen: [free] },
      { name: 'other', endpoints: [other.address], listen: [lostAddress] },
    );
    assert.is(live.gateways.lostListeners.length, 1, 'still wanted');
    thief.close();
    const isBack = async () => (await whoAnswers(live.port)) === 'other';
    await until(isBack, { what: 'the address to serve again', timeoutMs: 10_000 });
    assert.equal(live.gateways.lostListeners, []);
  }),
);

test(
  'is forgotten by a plan that does not want it, and bound by one that wants it again',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const watched = new WatchedSides();
    const live = await withLive(scope, { endpoints: [upstream.address] }, watched);
    const thief = await withLostAddress(scope, live, watched);
    const free = await freePort();
    await live.apply({ endpoints: [upstream.address], listen: [`127.0.0.1:${free}`] });
    assert.equal(live.gateways.lostListeners, []);
    const refused = await live.apply({ endpoints: [upstream.address] }).catch(errorMessage);
    assert.match(String(refused), 'another process');
    thief.close();
    await once(thief, 'close');
    await live.apply({ endpoints: [upstream.address] });
    assert.is(await whoAnswers(live.port), 'it');
  }),
);

async function canListen(server: Server, port: number): Promise<boolean> {
  server.listen(port, '127.0.0.1');
  return await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]).catch(() => false);
}

test.run();
