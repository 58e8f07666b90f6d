import { once } from 'node:events';
import { lstatSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ask } from '../support/admin-server.js';
import { readExactly } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { Scope, scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite("unix sockets' files");

interface Setup {
  readonly gateway: GatewayProcess;
  readonly folder: string;
  readonly front: string;
  readonly admin: string;
  readonly config: ConfigObject;
}

async function setUp(scope: Scope): Promise<Setup> {
  const { address } = await withUpstream(scope, { behaviour: identity('it') });
  const folder = await scope.tempDir();
  const [front, admin] = [join(folder, 'front.sock'), join(folder, 'admin.sock')];
  const main = { 'listen-addr': `unix:${front}`, endpoints: [address] };
  const config = { gateways: { main }, admin: { 'listen-addr': `unix:${admin}` } };
  const gateway = await withGateway(scope, { config });
  await gateway.logged('admin server listening');
  return { gateway, folder, front, admin, config };
}

async function serves(path: string): Promise<boolean> {
  const scope = new Scope();
  try {
    const client = await withClient(scope, { path });
    return (await readExactly(client, 3)).toString() === 'it\n';
  } catch {
    return false;
  } finally {
    await scope.close();
  }
}

async function answers(path: string): Promise<boolean> {
  const answer = await ask({ kind: 'unix', path }, '/readyz').catch(() => undefined);
  return answer?.status === 200;
}

async function takeOver(scope: Scope, path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(`${path}.new`);
  scope.defer(() => void server.close());
  await once(server, 'listening');
  renameSync(`${path}.new`, path);
  return server;
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

const lost = 'a listener is lost, its address is tried again every second';
const back = 'a lost listener is back';
const adminLost = 'the admin server is lost, its address is tried again every second';
const adminBack = 'the admin server is back';

test(
  'that are removed are noticed within seconds and made again',
  scoped(async (scope) => {
    const { gateway, front, admin } = await setUp(scope);
    for (const path of [front, admin]) unlinkSync(path);
    assert.match(String((await gateway.logged(lost)).reason), /its file was removed/);
    assert.match(String((await gateway.logged(adminLost)).reason), /its file was removed/);
    await gateway.logged(back);
    await gateway.logged(adminBack);
    assert.ok(await serves(front));
    assert.ok(await answers(admin));
    assert.is(lstatSync(front).mode & 0o777, 0o660);
    assert.is(lstatSync(admin).mode & 0o777, 0o600);
  }),
);

test(
  'that are removed with their folder are made again once it is back',
  scoped(async (scope) => {
    const { gateway, folder, front, admin } = await setUp(scope);
    renameSync(folder, `${folder}.old`);
    scope.defer(() => rmSync(`${folder}.old`, { recursive: true, force: true }));
    await gateway.logged(lost);
    await gateway.logged(adminLost);
    renameSync(`${folder}.old`, folder);
    await until(async () => (await serves(front)) && answers(admin), {
      ...{ what: 'both to be back', timeoutMs: 10_000 },
    });
    assert.equal(readdirSync(folder).sort(), ['admin.sock', 'front.sock']);
  }),
);

test(
  'that are removed are made again by SIGHUP at once',
  scoped(async (scope) => {
    const { gateway, front, admin } = await setUp(scope);
    for (let n = 0; n < 3; n += 1) {
      const after = gateway.logs.length;
      for (const path of [front, admin]) unlinkSync(path);
      gateway.signal('SIGHUP');
      await gateway.logged('configuration unchanged', { after });
      assert.ok(await serves(front));
      assert.ok(await answers(admin));
    }
  }),
);

test(
  'that another process has put in their place stay there, and are taken back once they are free',
  scoped(async (scope) => {
    const { gateway, front, admin } = await setUp(scope);
    const thieves = [await takeOver(scope, front), await takeOver(scope, admin)];
    const inodes = [inodeOf(front), inodeOf(admin)];
    assert.match(String((await gateway.logged(lost)).reason), /another file has taken its place/);
    await gateway.logged(adminLost);
    const after = gateway.logs.length;
    gateway.signal('SIGHUP');
    await gateway.logged('configuration unchanged', { after });
    assert.equal([inodeOf(front), inodeOf(admin)], inodes);
    for (const thief of thieves) thief.close();
    await gateway.logged(back);
    await gateway.logged(adminBack);
    assert.ok(await serves(front));
    assert.ok(await answers(admin));
    for (const message of [lost, adminLost]) {
      assert.is(gateway.logs.filter((line) => line.message === message).length, 1, message);
    }
  }),
);

test(
  'are removed at the end only if they are its own',
  scoped(async (scope) => {
    const { gateway, folder, front } = await setUp(scope);
    await takeOver(scope, front);
    const inode = inodeOf(front);
    await gateway.stop('SIGTERM');
    assert.is(inodeOf(front), inode);
    assert.equal(readdirSync(folder), ['front.sock']);
  }),
);

test(
  'that a killed process left are as before after a reload that was rejected',
  scoped(async (scope) => {
    const { gateway, folder, front, config } = await setUp(scope);
    const [stale, staleAdmin] = [join(folder, 'stale.sock'), join(folder, 'stale-admin.sock')];
    for (const path of [stale, staleAdmin]) {
      const server = createServer().listen(`${path}.new`);
      await once(server, 'listening');
      renameSync(`${path}.new`, path);
      server.close();
      await once(server, 'close');
    }
    const before = [inodeOf(stale), inodeOf(staleAdmin), inodeOf(front)];
    const busy = await withUpstream(scope, { port: await freePort() });
    const main = (config.gateways as Record<string, ConfigObject>).main;
    const endpoints = main?.endpoints;
    const listen = [`unix:${front}`, `unix:${stale}`];
    await gateway.edit({
      gateways: {
        main: { endpoints, 'listen-addr': [...listen, busy.address] },
      },
      admin: { 'listen-addr': `unix:${staleAdmin}` },
    });
    await gateway.logged('configuration could not be applied, what runs stays');
    assert.equal([inodeOf(stale), inodeOf(staleAdmin), inodeOf(front)], before);
    const names = ['admin.sock', 'front.sock', 'stale-admin.sock', 'stale.sock'];
    assert.equal(readdirSync(folder).sort(), names);
    await gateway.edit({
      gateways: { main: { endpoints, 'listen-addr': listen } },
      admin: { 'listen-addr': `unix:${staleAdmin}` },
    });
    await until(async () => (await serves(stale)) && answers(staleAdmin), { what: 'the new ones' });
    assert.equal(readdirSync(folder).sort(), ['front.sock', 'stale-admin.sock', 'stale.sock']);
  }),
);

test.run();
