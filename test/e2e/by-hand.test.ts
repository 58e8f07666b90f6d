import { once } from 'node:events';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { SessionView } from '../../src/model/views.js';
import { readExactly } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { runProgram, type Outcome } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('drain, undrain and sessions');

interface Bench {
  readonly gateway: GatewayProcess;
  readonly upstreams: readonly [Upstream, Upstream];
  readonly port: number;
  readonly config: { readonly gateways: object; readonly admin: object };
  readonly run: (...args: readonly string[]) => Promise<Outcome>;
}

async function withBench(scope: Scope): Promise<Bench> {
  const upstreams = [
    await withUpstream(scope, { behaviour: identity('one') }),
    await withUpstream(scope, { behaviour: identity('two') }),
  ] as const;
  const port = await freePort();
  const admin = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
  const endpoints = upstreams.map(({ address }) => address);
  const config = {
    gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, endpoints } },
    admin: { 'listen-addr': admin },
  };
  const gateway = await withGateway(scope, { config });
  const run = (...args: readonly string[]): Promise<Outcome> =>
    runProgram([...args, '--admin', admin]);
  return { gateway, upstreams, port, config, run };
}

function generation({ logs }: GatewayProcess): unknown {
  return logs.filter(({ message }) => message === 'configuration applied').at(-1)?.generation;
}

/** Opens sessions; returns who answers each. */
async function answers(scope: Scope, port: number, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const client = await withClient(scope, port);
    names.push((await readExactly(client, 4)).toString().trim());
  }
  return names;
}

test(
  'an endpoint that is drained by hand gets no new sessions, over reloads, until that is taken back',
  scoped(async (scope) => {
    const { gateway, upstreams, port, config, run } = await withBench(scope);
    await answers(scope, port, 2);
    const name = `main/${upstreams[0].address}`;
    const drained = await run('drain', name);
    assert.is(drained.code, 0, drained.stderr);
    assert.is(drained.stdout, `${name} drains, 1 session\n`);
    assert.equal(await answers(scope, port, 4), ['two', 'two', 'two', 'two']);
    assert.match((await run('status')).stdout, /draining for .*: drained by hand/);

    await gateway.edit({ ...config, dns: { timeout: '3s' } });
    await until(() => generation(gateway) === 3, { what: 'the reload' });
    const reloaded = await run('reload');
    assert.match(reloaded.stderr, `warning: ${name} is drained by hand`);
    assert.equal(await answers(scope, port, 2), ['two', 'two']);

    const back = await run('undrain', name);
    assert.is(back.stdout, `${name} takes new sessions again, 1 session\n`);
    assert.ok((await answers(scope, port, 4)).includes('one'));
    assert.ok(gateway.logs.some(({ message }) => message === 'endpoint drained by hand'));
    assert.ok(gateway.logs.some(({ message }) => message === 'endpoint no longer drained by hand'));
  }),
);

test(
  '--wait ends with the last session, or says how many are left',
  scoped(async (scope) => {
    const { upstreams, port, run } = await withBench(scope);
    const clients = [await withClient(scope, port), await withClient(scope, port)];
    await Promise.all(clients.map((client) => readExactly(client, 4)));
    const name = `main/${upstreams[1].address}`;
    const late = await run('drain', name, '--wait', '--timeout=200ms');
    assert.is(late.code, 1);
    assert.is(late.stderr, `${name}: 1 session left; it drains on\n`);
    const waiting = run('drain', name, '--wait');
    for (const client of clients) client.end();
    const done = await waiting;
    assert.is(done.code, 0, done.stderr);
    assert.match(done.stdout, `${name} has no sessions any more\n`);
  }),
);

test(
  'what cannot be drained is told with what there is, and what the file drains is left to it',
  scoped(async (scope) => {
    const { gateway, upstreams, config, run } = await withBench(scope);
    const [one, two] = upstreams;
    const unknown = await run('drain', 'main/127.0.0.1:1');
    assert.is(unknown.code, 1);
    assert.is(
      unknown.stderr,
      `gateway main has no endpoint 127.0.0.1:1 (there are ${one.address}, ${two.address})\n`,
    );
    assert.match((await run('drain', 'other/127.0.0.1:1')).stderr, 'there is no gateway other');
    const main = { ...(config.gateways as { readonly main: object }).main };
    const endpoints = [one.address, { addr: two.address, drain: true }];
    await gateway.edit({ ...config, gateways: { main: { ...main, endpoints } } });
    await until(() => generation(gateway) === 2, { what: 'the reload' });
    const stays = await run('undrain', `main/${two.address}`);
    assert.is(stays.code, 1);
    assert.match(stays.stderr, 'the configuration drains');
  }),
);

test(
  'sessions are listed with what they carry, and closed by number, endpoint or age',
  scoped(async (scope) => {
    const { upstreams, port, run } = await withBench(scope);
    const clients = await Promise.all(Array.from({ length: 6 }, () => withClient(scope, port)));
    await Promise.all(clients.map((client) => readExactly(client, 4)));
    clients[0]?.write('12345');
    const list = async (...words: readonly string[]): Promise<readonly SessionView[]> => {
      const { stdout } = await run('sessions', ...words, '--json');
      return (JSON.parse(stdout) as { readonly sessions: readonly SessionView[] }).sessions;
    };
    const ofFirst = async (): Promise<SessionView | undefined> =>
      (await list()).find(({ client }) => client.endsWith(`:${clients[0]?.localPort}`));
    const first = await until(
      async () => {
        const session = await ofFirst();
        return session?.bytesSent === 5 ? session : undefined;
      },
      { what: 'the bytes' },
    );
    assert.is(first.bytesReceived, 9); // its name, and the five back
    assert.is(first.state, 'open');
    assert.is((await list('main')).length, 6);
    assert.is((await list('other')).length, 0);
    const here = await list(`main/${upstreams[0].address}`);
    assert.ok(here.length > 0 && here.every(({ endpoint }) => endpoint === upstreams[0].address));
    assert.match((await run('sessions')).stdout, /^ID +CLIENT +ENDPOINT +STATE +AGE +IDLE +SENT/);

    const [oldest] = clients;
    if (!oldest) throw new Error('there is no client');
    const closed = once(oldest.resume(), 'end');
    assert.is((await run('sessions', 'close', String(first.id))).stdout, 'closing 1 session\n');
    await closed;
    assert.is((await list()).length, 5);
    await run('sessions', 'close', '--older-than=1h');
    assert.is((await list()).length, 5);
    await run('sessions', 'close', '--endpoint', `main/${upstreams[1].address}`);
    await until(async () => (await list(`main/${upstreams[1].address}`)).length === 0, {
      what: 'the end of them',
    });
    await run('sessions', 'close', '--older-than=1ms');
    await until(async () => (await list()).length === 0, { what: 'the end of all' });
  }),
);

test.run();
