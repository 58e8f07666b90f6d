import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerOrder } from '../../../src/dns/server-order.js';
import type { DnsFailure } from '../../../src/dns/errors.js';

const test = suite('order of DNS servers');

const [a, b] = [
  { host: '192.0.2.1', port: 53 },
  { host: '192.0.2.2', port: 53 },
];

const open = new AbortController().signal;
let nowMs = 0;
let order: ServerOrder;

test.before.each(() => {
  nowMs = 0;
  order = new ServerOrder({ nowMs: () => nowMs });
});

/** Who is asked in a query in which everybody fails, as `1x2`: server 1 with twice the time. */
async function failing(failure: DnsFailure, servers = [a, b], attempts = 2): Promise<string> {
  const asked: string[] = [];
  for await (const { server, patience } of order.tries(servers, open, attempts)) {
    asked.push(`${server.host.at(-1)}x${patience}`);
    order.failed(server, failure);
  }
  return asked.join(' ');
}

async function first(): Promise<string | undefined> {
  for await (const { server } of order.tries([a, b], open)) return server.host;
  return undefined;
}

/** A query whose tries end when the test says so; `asked` counts them. */
class Query {
  asked = 0;
  readonly ended: Promise<boolean>;
  #end: (answered: boolean) => void = () => undefined;

  constructor(signal: AbortSignal = open) {
    this.ended = this.#ask(signal);
  }

  async end(answered: boolean): Promise<void> {
    this.#end(answered);
    await turns();
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    for await (const { server } of order.tries([a], signal)) {
      this.asked += 1;
      const answered = await new Promise<boolean>((resolve) => (this.#end = resolve));
      if (signal.aborted) return false;
      if (answered) order.answered(server);
      else order.failed(server, 'timeout');
      if (answered) return true;
    }
    return false;
  }
}

async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** So many queries whose first try has failed. */
async function failedOnce(...signals: readonly AbortSignal[]): Promise<readonly Query[]> {
  const queries = signals.map((signal) => new Query(signal));
  await turns();
  await Promise.all(queries.map((query) => query.end(false)));
  return queries;
}

test('of queries that fail together one asks again, and if that fails they all have', async () => {
  const [one, ...others] = await failedOnce(open, open, open);
  assert.is(one?.asked, 2);
  assert.equal(
    others.map(({ asked }) => asked),
    [1, 1],
  );
  await one?.end(false);
  assert.equal(await Promise.all(others.map(({ ended }) => ended)), [false, false]);
  assert.equal(
    others.map(({ asked }) => asked),
    [1, 1],
  );
});

test('the others ask as well once the one that asks again has its answer', async () => {
  const [one, ...others] = await failedOnce(open, open, open);
  await one?.end(true);
  assert.equal(
    others.map(({ asked }) => asked),
    [2, 2],
  );
  for (const each of others) await each.end(true);
  assert.equal(await Promise.all(others.map(({ ended }) => ended)), [true, true]);
});

test('nobody waits for one that is given up, and who is given up waits for nobody', async () => {
  const [gone, bored] = [new AbortController(), new AbortController()];
  const [one, two, three] = await failedOnce(gone.signal, open, bored.signal);
  bored.abort();
  assert.is(await three?.ended, false);
  gone.abort();
  await one?.end(false);
  assert.is(await one?.ended, false);
  assert.is(two?.asked, 2);
});

test('asks each server once, and once more with twice the time', async () => {
  assert.is(await failing('timeout'), '1x1 2x1 1x2 2x2');
});

test('asks as often as resolv.conf says', async () => {
  assert.is(await failing('timeout', [a, b], 1), '1x1 2x1');
  order.answered(a);
  order.answered(b);
  assert.is(await failing('servfail', [a, b], 3), '1x1 2x1 1x2 2x2 1x2 2x2');
});

test('asks servers that all failed last time once, with twice the time', async () => {
  await failing('timeout');
  assert.is(await failing('timeout'), '1x2 2x2');
  nowMs += 3_600_000;
  assert.is(await failing('timeout'), '1x2 2x2');
  order.answered(a);
  order.answered(b);
  assert.is(await failing('servfail'), '1x1 2x1 1x2 2x2');
  assert.is(await failing('servfail'), '1x2 2x2');
});

test('asks one that failed last time once, and the other as always', async () => {
  order.failed(a, 'servfail');
  assert.is(await failing('servfail'), '1x1 2x1 2x2');
});

test('asks a silent server after the others for half a minute', async () => {
  order.failed(a, 'timeout');
  assert.is(await first(), b.host);
  nowMs = 30_000;
  assert.is(await first(), a.host);
});

test('asks a single server that failed last time, too', async () => {
  order.failed(a, 'timeout');
  assert.is(await failing('timeout', [a]), '1x2');
});

test.run();
