import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import type { HealthCheckSettings } from '../../src/model/config.js';
import { probeHung } from '../../src/pool/probe-hung.js';
import type { ProbeResult, ProbeTarget } from '../../src/pool/probe-result.js';
import { createProbe } from '../../src/pool/probe.js';
import { scoped } from '../support/scope.js';
import { withTcpServer } from '../support/tcp-server.js';
import { until } from '../support/until.js';

const test = suite('probe');

const defaults: HealthCheckSettings = {
  ...{ type: 'etcd', intervalMs: 5000, timeoutMs: 300, rise: 1, fall: 2, tls: undefined },
};

const never = new AbortController().signal;

function at(port: number): ProbeTarget {
  return { address: { kind: 'tcp', host: '127.0.0.1', port }, host: 'infra0.example.com' };
}

function probe(
  target: ProbeTarget,
  settings: Partial<HealthCheckSettings> = {},
): Promise<ProbeResult> {
  return createProbe(systemClock, new TlsContexts(systemClock))(
    target,
    { ...defaults, ...settings },
    never,
  );
}

function answering(text: string): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(text));
}

function silent(): void {
  // takes the connection, as a stopped process's kernel does
}

function http(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test(
  'asks for /health once, by name, over a connection that ends',
  scoped(async (scope) => {
    let request = '';
    const server = await withTcpServer(scope, (socket) => {
      socket.once('data', (chunk) => {
        request = chunk.toString();
        socket.write(http('200 OK', '{"health":"true"}'));
      });
    });
    const result = await probe(at(server.port));
    assert.equal([result.ok, result.reason, result.conclusive], [true, '', true]);
    assert.match(request, `GET /health HTTP/1.1\r\nHost: infra0.example.com:${server.port}\r\n`);
    assert.match(request, 'Connection: close');
    await until(() => server.open() === 0, { what: 'the connection to be closed' });
    assert.is(server.accepted(), 1);
  }),
);

test(
  'connects over a unix socket',
  scoped(async (scope) => {
    const path = join(await scope.tempDir(), 'etcd.sock');
    const server: Server = createServer(answering(http('200 OK', '{"health":"true"}')));
    server.listen(path);
    await once(server, 'listening');
    scope.defer(() => server.close());
    assert.ok((await probe({ address: { kind: 'unix', path }, host: '' })).ok);
  }),
);

test(
  'is content with a connect when only tcp is asked for',
  scoped(async (scope) => {
    const server = await withTcpServer(scope, silent);
    assert.ok((await probe(at(server.port), { type: 'tcp' })).ok);
    await until(() => server.accepted() === 1 && server.open() <= 1, { what: 'the connect' });
  }),
);

test('reports a refusal with the address', async () => {
  const result = await probe(at(1), { type: 'tcp' });
  assert.equal([result.ok, result.conclusive], [false, true]);
  assert.is(result.reason, 'connection refused');
});

const hostile: readonly [string, (socket: Socket) => void, RegExp][] = [
  ['says nothing', silent, /^no answer within 300 ms$/],
  ['closes at once', (socket) => socket.end(), /without an answer/],
  ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), /without an answer/],
  ['speaks something else', answering('220 smtp ready\r\n'), /^does not answer in HTTP$/],
  ['answers with a TLS alert', answering('\x15\x03\x01\0\x02\x02\x46'), /^answers with TLS/],
  [
    'asks for TLS as Go does',
    answering(http('400 Bad Request', 'Client sent an HTTP request to an HTTPS server.\n')),
    /^asks for TLS/,
  ],
  ['answers endlessly', flood(() => 'x'.repeat(10_000), head(1e12)), /longer than 65536 bytes/],
  [
    'sends endless headers',
    flood(() => `X-A: ${'y'.repeat(5000)}\r\n`, 'HTTP/1.1 200 OK\r\n'),
    /./,
  ],
  ['drips its answer', drip(http('200 OK', '{"health":"true"}')), /^no answer within 300 ms$/],
  ['breaks off its answer', answering(`${head(500)}{"health"`), /aborted|without an answer/],
  [
    'nests its JSON deeply',
    answering(http('200 OK', '['.repeat(60_000))),
    /without a health verdict/,
  ],
  ['redirects', answering('HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n'), /^HTTP 302/],
  [
    'switches protocols',
    answering('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    /./,
  ],
];

for (const [what, behave, reason] of hostile) {
  test(
    `fails soon and closes towards a server that ${what}`,
    scoped(async (scope) => {
      const server = await withTcpServer(scope, behave);
      const result = await probe(at(server.port));
      assert.equal([result.ok, result.conclusive], [false, true]);
      assert.match(result.reason, reason);
      assert.ok(result.durationMs < 1000, `took ${result.durationMs} ms`);
      await until(() => server.open() === 0, { what: 'the close' });
    }),
  );
}

test(
  'ends at once when its owner closes, and proves nothing',
  scoped(async (scope) => {
    const server = await withTcpServer(scope, silent);
    const owner = new AbortController();
    const result = createProbe(systemClock, new TlsContexts(systemClock))(
      at(server.port),
      { ...defaults, timeoutMs: 60_000 },
      owner.signal,
    );
    await until(() => server.open() === 1, { what: 'the connect' });
    owner.abort();
    assert.is((await result).ok, false);
  }),
);

test('takes missing TLS files for its own mistake, not the endpoint’s', async () => {
  const tls = { caFile: '/nonexistent/ca.pem', certFile: undefined, keyFile: undefined };
  const result = await probe(at(1), { tls: { ...tls, serverName: undefined } });
  assert.equal([result.ok, result.conclusive], [false, false]);
  assert.match(result.reason, /ca-file .*there is no such file/);
});

const reactions: readonly [string, (socket: Socket) => void, boolean][] = [
  ['stays silent', silent, false],
  ['answers', answering('HTTP/1.1 400 Bad Request\r\n\r\n'), true],
  ['closes', (socket) => socket.once('data', () => socket.end()), true],
  ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), true],
];

for (const [what, behave, alive] of reactions) {
  test(
    `takes an endpoint that ${what} for ${alive ? 'alive' : 'hung'}`,
    scoped(async (scope) => {
      const server = await withTcpServer(scope, behave);
      const result = await probeHung(systemClock, at(server.port), 200, never);
      assert.is(result.ok, alive);
      assert.is(result.reason, alive ? '' : 'no answer within 200 ms');
    }),
  );
}

function head(length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Writes as fast as the other side reads, without end. */
function flood(next: () => string, first: string): (socket: Socket) => void {
  return (socket) => {
    const write = (): void => {
      while (socket.writable && socket.write(next()));
    };
    socket.on('drain', write);
    socket.once('data', () => {
      socket.write(first);
      write();
    });
  };
}

function drip(text: string): (socket: Socket) => void {
  return (socket) => {
    let sent = 0;
    const timer = setInterval(() => socket.write(text.charAt(sent++)), 50);
    socket.on('close', () => clearInterval(timer));
  };
}

test.run();
