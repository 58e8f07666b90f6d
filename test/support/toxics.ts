import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { withProcess } from './process.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** What goes wrong on the way from the upstream to its client; the names are Toxiproxy's. */
export interface Toxics {
  /** Each piece comes this late. */
  readonly latencyMs?: number;
  /** Bytes per second. */
  readonly bandwidth?: number;
  /** The end comes this late. */
  readonly slowCloseMs?: number;
  /** Pieces are cut to this many bytes. */
  readonly slicer?: number;
  /** After this many bytes the connection ends, as if the upstream had meant it. */
  readonly limitData?: number;
  /** After this many bytes the connection is reset. */
  readonly resetPeerAfter?: number;
  /** Nothing passes, nothing is closed. */
  readonly timeout?: boolean;
}

/** A way to `port` on which things go wrong. Returns the address to put before the gateway. */
export async function withToxics(scope: Scope, port: number, toxics: Toxics): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => [client, upstream].map((one) => one.destroy()));
    }
    client.pipe(upstream);
    if (toxics.timeout !== true) void poison(upstream, client, toxics).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function poison(from: Socket, to: Socket, toxics: Toxics): Promise<void> {
  const { slicer = Infinity, limitData = Infinity, resetPeerAfter = Infinity } = toxics;
  const longest = Math.min(limitData, resetPeerAfter);
  let passed = 0;
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    const bytes = (chunk as Buffer).subarray(0, longest - passed);
    for (let at = 0; at < bytes.length; at += slicer) {
      await pass(bytes.subarray(at, at + slicer), to, toxics);
    }
    passed += bytes.length;
    if (passed >= longest) break;
  }
  if (passed < resetPeerAfter) await end(to, toxics);
  else {
    await sleep(50); // a reset may overtake bytes that nobody has read yet
    to.resetAndDestroy();
  }
}

async function pass(bytes: Buffer, to: Socket, toxics: Toxics): Promise<void> {
  const { latencyMs = 0, bandwidth = Infinity } = toxics;
  await sleep(latencyMs + (1_000 * bytes.length) / bandwidth);
  if (!to.write(bytes)) await once(to, 'drain');
}

async function end(to: Socket, { slowCloseMs = 0 }: Toxics): Promise<void> {
  await sleep(slowCloseMs);
  to.end();
}

function sleep(ms: number): Promise<void> {
  return ms < 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * An address that neither takes a connection nor refuses it: a stopped process with a full accept
 * queue, whose kernel drops what comes.
 */
export async function withBlackHole(scope: Scope): Promise<string> {
  const script = `const server = require('node:net').createServer();
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      process.stdout.write(server.address().port + '\\n', () => process.kill(process.pid, 'SIGSTOP'));
    });`;
  const child = withProcess(scope, process.execPath, ['-e', script]);
  const port = Number(await until(() => /^\d+$/m.exec(child.stdout)?.[0], { what: 'its port' }));
  await until(async () => !(await fill(scope, port)), { what: 'its accept queue to be full' });
  return `127.0.0.1:${port}`;
}

/** Whether one more connection has been taken. */
async function fill(scope: Scope, port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  scope.defer(() => socket.destroy());
  const connected = once(socket, 'connect').then(() => true);
  return Promise.race([connected, sleep(200).then(() => false)]);
}
