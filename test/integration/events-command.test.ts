import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatAddress } from '../../src/model/address.js';
import type { GatewayEvent } from '../../src/model/events.js';
import { applied } from '../support/admin-backend.js';
import { loopback, openAdmin } from '../support/admin-server.js';
import { freePort } from '../support/ports.js';
import { program, runProgram } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('events');

const ejected: GatewayEvent = {
  type: 'upstream-ejected',
  gateway: 'main',
  endpoint: '10.0.0.1:2379',
  reason: 'connection refused\u001B[2J',
  retryInMs: 1_000,
};
const returned: GatewayEvent = {
  type: 'upstream-returned',
  gateway: 'main',
  endpoint: '10.0.0.1:2379',
  ejectedForMs: 5_000,
};

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;

test(
  'prints what is kept, in readable lines, and ends',
  scoped(async (scope) => {
    const listen = loopback(await freePort());
    const { server } = await openAdmin(scope, { listen });
    server.observe({ type: 'reconciled', verdict: applied });
    server.observe(ejected);
    server.observe({ type: 'pool-up', gateway: 'main', downForMs: 5 });
    const { code, stdout, stderr } = await runProgram(['events', '--admin', formatAddress(listen)]);
    assert.equal([code, stderr], [0, '']);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', new RegExp(`^${time}  applied +generation 2 by admin, 3 ms`));
    assert.is(lines[1], '    + listener main/127.0.0.1:23792');
    assert.match(
      stdout,
      new RegExp(`\\n${time}  ejected +main, 10.0.0.1:2379: connection refused\\?`),
    );
    assert.match(stdout, /up +main has an upstream again[^]*\n$/);
    assert.not.match(stdout, '\u001B');

    const json = await runProgram(['events', '--json', '--admin', formatAddress(listen)]);
    const told = json.stdout.trim().split('\n');
    const types = told.map((line) => (JSON.parse(line) as GatewayEvent).type);
    assert.equal(types, ['reconciled', 'upstream-ejected', 'pool-up']);
    assert.not.match(json.stdout, '\u001B');
  }),
);

test(
  'prints nothing where nothing has happened, and fails where nobody is',
  scoped(async (scope) => {
    const listen = loopback(await freePort());
    const admin = await openAdmin(scope, { listen });
    const quiet = await runProgram(['events', '--admin', formatAddress(listen)]);
    assert.equal([quiet.code, quiet.stdout, quiet.stderr], [0, '', '']);
    await admin.server.close();
    for (const more of [[], ['--follow']]) {
      const nobody = await runProgram(['events', ...more, '--admin', formatAddress(listen)]);
      assert.is(nobody.code, 1);
      assert.match(nobody.stderr, /^no gateway answers at [^\n]*connection refused[^\n]*\n$/);
    }
  }),
);

/** `events --follow`, and what it has printed so far. */
function following(
  scope: Scope,
  admin: string,
): { readonly out: () => string; readonly err: () => string } {
  const child = spawn(process.execPath, [program, 'events', '--follow', '--admin', admin]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  scope.defer(async () => {
    child.kill('SIGINT');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
  return { out: () => out, err: () => err };
}

test(
  'with --follow prints what comes, each once, also from a gateway that comes back',
  scoped(async (scope) => {
    const listen = loopback(await freePort());
    const first = await openAdmin(scope, { listen });
    first.server.observe(ejected);
    const { out, err } = following(scope, formatAddress(listen));
    await until(() => out().includes(' ejected '), { what: 'what was kept' });
    first.server.observe(returned);
    await until(() => out().includes(' returned '), { what: 'what comes' });
    await first.server.close();
    await until(() => err() !== '', { what: 'that it is gone' });
    const second = await openAdmin(scope, { listen });
    second.server.observe({ type: 'pool-up', gateway: 'other', downForMs: 5 });
    await until(() => out().includes('other has an upstream again'), { what: 'the next gateway' });
    assert.is(out().split(' ejected ').length, 2);
  }),
);

test(
  'tells what answers instead of a gateway, and never waits for it without end',
  scoped(async (scope) => {
    const answers = [
      '',
      'data\n\n\n',
      'event: notice\ndata: {}\n\n',
      'event: notice\ndata: no\n\n',
    ];
    for (const [status, body] of [
      [404, 'nothing'],
      ...answers.map((each) => [200, each]),
    ] as const) {
      const server = createServer((_request, response) =>
        response.writeHead(Number(status)).end(body),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      scope.defer(() => server.close());
      const admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { code, stderr } = await runProgram(['events', '--admin', admin]);
      assert.is(code, 1, String(body));
      assert.is(stderr.split('\n').length, 2, stderr);
    }
  }),
);

test.run();
