import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readToEnd, withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import {
  answerAfterEnd,
  hang,
  reset,
  sayAndEnd,
  withUpstream,
  type Behaviour,
  type Upstream,
} from '../support/upstream.js';

const test = suite('bytes through the gateway');

interface World {
  readonly port: number;
  readonly upstream: Upstream;
  readonly pid: number;
}

async function setUp(scope: Scope, behaviour?: Behaviour, more?: ConfigObject): Promise<World> {
  const upstream = await withUpstream(scope, behaviour === undefined ? {} : { behaviour });
  const port = await freePort();
  const { pid } = await withGateway(scope, {
    config: mainGateway(port, [upstream.address], more),
  });
  return { port, upstream, pid };
}

test(
  'an answer arrives that is given after the client has closed its direction',
  scoped(async (scope) => {
    const { port } = await setUp(scope, answerAfterEnd);
    const client = await withClient(scope, port);
    client.end('12345');
    assert.is(String(await readToEnd(client)), '5 bytes\n');
  }),
);

test(
  'an upload goes on after the endpoint has closed its direction',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope, sayAndEnd('that is all\n'));
    const client = await withClient(scope, port);
    assert.is(String(await readToEnd(client)), 'that is all\n');
    const size = 5_000_000;
    client.end(Buffer.alloc(size));
    await until(() => upstream.sessions[0]?.ended, { what: 'the end of the upload' });
    assert.is(upstream.sessions[0]?.bytesReceived, size);
  }),
);

test(
  'a reset of the endpoint reaches the client as a reset',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope);
    const client = await withClient(scope, port);
    client.write('x');
    await once(client, 'data');
    upstream.resetAll();
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    assert.is(error.code, 'ECONNRESET');
  }),
);

test(
  'a reset of the client reaches the endpoint as a reset',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope);
    const client = await withClient(scope, port);
    client.write('x');
    await once(client, 'data');
    client.resetAndDestroy();
    await until(() => upstream.sessions[0]?.closed, { what: 'the end of the session' });
    assert.is(upstream.sessions[0]?.error, 'ECONNRESET');
  }),
);

test(
  'an endpoint that resets at once does not look like an empty answer',
  scoped(async (scope) => {
    const { port } = await setUp(scope, reset);
    const client = await withClient(scope, port);
    const ended = await readToEnd(client).then(
      () => 'ended',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    assert.is(ended, 'ECONNRESET');
  }),
);

test(
  'what a client has sent and closed arrives whole, however slowly it is read',
  scoped(async (scope) => {
    const sent = randomBytes(8_000_000);
    const received: Buffer[] = [];
    const { port } = await setUp(scope, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        socket.pause();
        setTimeout(() => socket.resume(), 1);
      });
      socket.on('end', () => socket.end());
    });
    const client = await withClient(scope, port);
    client.end(sent);
    await readToEnd(client);
    assert.ok(Buffer.concat(received).equals(sent));
  }),
);

test(
  'a reader that stands still holds its writer back and fills no memory',
  scoped(async (scope) => {
    const { port, pid } = await setUp(scope, hang, { 'first-byte-timeout': '0s' });
    const before = await residentBytes(pid);
    const client = await withClient(scope, port);
    const chunk = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (written < 512 && (await writable(client, chunk))) written++;
    assert.ok(written < 64, `${written} MiB were taken`);
    assert.ok((await residentBytes(pid)) - before < 48 * 1024 * 1024);
  }),
);

/** Whether a write goes through within a while. */
async function writable(client: Awaited<ReturnType<typeof withClient>>, chunk: Buffer) {
  const sent = new Promise<boolean>((resolve) => client.write(chunk, () => resolve(true)));
  return Promise.race([sent, sleep(700, false)]);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

test.run();
