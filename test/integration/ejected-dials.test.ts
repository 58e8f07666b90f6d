import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { SideDialer } from '../../src/model/side.js';
import type { Sides } from '../../src/model/side.js';
import { withBlackHole } from '../support/black-hole.js';
import { whoAnswers } from '../support/client.js';
import { withLive, type Live } from '../support/live.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';

const test = suite('dials to an endpoint that is ejected');

/** Connections to this port whose first packet has not been answered, as the kernel counts them. */
async function unanswered(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const table = await readFile('/proc/net/tcp', 'utf8');
  return table.split('\n').filter((line) => line.includes(`:${hex} 02 `)).length;
}

/** The system's sides; knows how many dials of sessions are under way. */
class CountedDials {
  most = 0;
  readonly sides: Sides;
  readonly #open = new Set<object>();

  constructor() {
    const sides = systemSides;
    this.sides = {
      ...sides,
      connect: (address, dialer, options) => {
        const dial = {};
        this.#open.add(dial);
        this.most = Math.max(this.most, this.#open.size);
        const end = (): boolean => this.#open.delete(dial);
        const side = sides.connect(address, told(dialer, end), options);
        const destroy = side.destroy.bind(side);
        side.destroy = () => {
          end();
          destroy();
        };
        return side;
      },
    };
  }
}

function told(dialer: SideDialer, end: () => unknown): SideDialer {
  return {
    connected: (side) => {
      end();
      dialer.connected(side);
    },
    failed: (side, error) => {
      end();
      dialer.failed(side, error);
    },
  };
}

/** A try of the pool gives way to a session's dial: Node closes its socket a turn later. */
async function steadily(count: () => Promise<number>): Promise<number> {
  const first = await count();
  if (first <= 1) return first;
  await sleep(20);
  return count();
}

interface Crowd {
  served: number;
  refused: number;
}

function join(scope: Scope, { port }: Live, count: number, crowd: Crowd): void {
  for (let n = 0; n < count; n += 1) {
    const client: Socket = connect(port, '127.0.0.1');
    client.on('error', () => (crowd.refused += 1));
    client.once('data', () => (crowd.served += 1));
    scope.defer(() => client.destroy());
  }
}

test(
  'are one at a time, however many clients come',
  scoped(async (scope) => {
    const { address, port } = await withBlackHole(scope);
    const before = await unanswered(port);
    const settings = { connectTimeoutMs: 300, retryDelayMs: 100 };
    const live = await withLive(scope, { endpoints: [address], settings });
    assert.is(await whoAnswers(live.port), undefined);
    assert.is(
      live
        .gateway()
        .pool.upstreams()
        .map((one) => one.view())[0]?.state,
      'ejected',
    );
    const crowd = { served: 0, refused: 0 };
    const counts: number[] = [];
    for (let n = 0; n < 25; n += 1) {
      join(scope, live, 20, crowd);
      await sleep(40); // they come one after the other, not all in one moment
      counts.push(await steadily(async () => (await unanswered(port)) - before));
    }
    await until(() => crowd.refused === 500, { what: 'the end of all' });
    assert.is(Math.max(...counts), 1, counts.join());
  }),
);

test(
  'are 32 at a time when it is back and a thousand clients have waited',
  scoped(async (scope) => {
    const { address, wake } = await withBlackHole(scope, { backlog: 128 });
    const dials = new CountedDials();
    const settings = { connectTimeoutMs: 300, retryDelayMs: 60_000 };
    const main = { endpoints: [address], settings };
    const live = await withLive(scope, main, dials);
    assert.is(await whoAnswers(live.port), undefined);
    const patient = { ...settings, connectTimeoutMs: 20_000 };
    await live.apply({ endpoints: [address], settings: patient });
    const crowd = { served: 0, refused: 0 };
    join(scope, live, 1_000, crowd);
    await until(() => live.budget.open === 1_000, { what: 'all to wait', timeoutMs: 15_000 });
    assert.is(dials.most, 1);
    wake();
    await until(() => crowd.served + crowd.refused === 1_000, {
      ...{ what: 'all to be served', timeoutMs: 20_000 },
    });
    assert.equal(crowd, { served: 1_000, refused: 0 });
    assert.is(dials.most, 32);
  }),
);

test.run();
