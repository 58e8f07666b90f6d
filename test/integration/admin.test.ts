import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { State } from '../../src/observe/admin/state.js';
import { gatewayView, rejected } from '../support/admin-backend.js';
import { ask, loopback, withAdmin } from '../support/admin-server.js';
import { freePort } from '../support/ports.js';

const test = suite('admin server');

let folder = '';
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admin-test-'));
  await writeFile(join(folder, 'token'), 'open sesame\n');
});
test.after(() => rm(folder, { recursive: true, force: true }));

const post = { method: 'POST' };
const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test('says that it lives and whether it is ready, and why not', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async ({ backend }) => {
    assert.is((await ask(listen, '/livez')).status, 200);
    assert.is((await ask(listen, '/readyz')).body, 'ready\n');
    backend.ready = { ready: false, reasons: ['gateway main: every upstream is ejected'] };
    const { status, body } = await ask(listen, '/readyz');
    assert.is(status, 503);
    assert.is(body, 'not ready\n- gateway main: every upstream is ejected\n');
  });
});

test('says of one gateway whether it is ready, to everybody, and why not to its own machine', async () => {
  const tokenFile = join(folder, 'token-of-readyz');
  await writeFile(tokenFile, 'opendoor\n');
  const listen = loopback(await freePort(), '0.0.0.0');
  await withAdmin({ listen, tokenFile }, async ({ backend }) => {
    backend.views = ['main', 'other one'].map((name) => gatewayView(name, []));
    backend.readinessOf = (name) => {
      if (name === 'main') return { ready: true, reasons: [] };
      return name === 'other one' ? { ready: false, reasons: ['10.0.0.1 is down'] } : undefined;
    };
    const near = loopback(listen.kind === 'tcp' ? listen.port : 0);
    const asked = async (path: string, options = {}) => {
      const { status, body } = await ask(near, path, options);
      return [status, body];
    };
    assert.equal(await asked('/readyz/main'), [200, 'ready\n']);
    assert.equal(await asked('/readyz/main?verbose'), [200, 'ready\n']);
    assert.equal(await asked('/readyz/other%20one'), [503, 'not ready\n']);
    const told = await asked('/readyz/other%20one', withToken('opendoor'));
    assert.equal(told, [503, 'not ready\n- 10.0.0.1 is down\n']);
    for (const path of ['/readyz/', '/readyz/nowhere', '/readyz/%ff', '/readyz/main/x']) {
      assert.is((await ask(near, path)).status, 404, path);
    }
    assert.is((await ask(near, '/readyz/main', post)).status, 405);
    assert.is((await ask(near, '/readyz/main', { method: 'HEAD' })).status, 200);
  });
});

test('tells its state, with the refused line in its context', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async ({ backend }) => {
    const problem = { line: 3, column: 5, path: 'dns.timeout', what: 'is no duration', hint: '2s' };
    backend.read = {
      kind: 'invalid',
      file: '/etc/gateway.yaml',
      hash: 'bbbb',
      problems: [problem],
      text: 'a: 1\nb: c\ndns: x\nb: 2\nc: 3\nd: 4\n',
    };
    const { body, headers } = await ask(listen, '/api/v1/state');
    const state = JSON.parse(body) as State;
    assert.is(headers['content-type'], 'application/json');
    assert.is(state.version, 1);
    assert.is(state.config.file.status, 'refused');
    if (state.config.file.status !== 'refused') return;
    assert.equal(state.config.file.problems[0]?.excerpt, [
      { line: 1, text: 'a: 1' },
      { line: 2, text: 'b: c' },
      { line: 3, text: 'dns: x' },
      { line: 4, text: 'b: 2' },
      { line: 5, text: 'c: 3' },
    ]);
  });
});

test('takes a reload over its unix socket, which is open to its owner only', async () => {
  const path = join(folder, 'admin.sock');
  await withAdmin({ listen: { kind: 'unix', path } }, async ({ backend }) => {
    assert.is((await stat(path)).mode & 0o777, 0o600);
    const { status, body } = await ask({ kind: 'unix', path }, '/api/v1/reload', post);
    assert.is(status, 200);
    assert.equal(JSON.parse(body), backend.verdict);
    backend.verdict = rejected;
    assert.is((await ask({ kind: 'unix', path }, '/api/v1/reload', post)).status, 422);
    assert.is(backend.reloads, 2);
  });
  assert.not.ok(await stat(path).catch(() => undefined));
});

test('takes a reload over TCP with the token only', async () => {
  const listen = loopback(await freePort());
  const tokenFile = join(folder, 'token');
  await withAdmin({ listen }, async ({ prepare, backend }) => {
    assert.is((await ask(listen, '/api/v1/reload', post)).status, 403);
    await (await prepare({ listen, tokenFile })).commit();
    const reload = (options: object) => ask(listen, '/api/v1/reload', { ...post, ...options });
    assert.is((await reload({})).status, 401);
    assert.is((await reload(withToken('sesame'))).status, 401);
    assert.is(backend.reloads, 0);
    assert.is((await reload(withToken('open sesame'))).status, 401, 'white space ends a token');
    await writeFile(tokenFile, 'sesame2\n');
    assert.is((await reload(withToken('sesame2'))).status, 200);
    assert.is(backend.reloads, 1);
  });
});

test('tells nobody, but its log, what is wrong with the token file', async () => {
  const listen = loopback(await freePort());
  const tokenFile = join(folder, 'there-is-none');
  await withAdmin({ listen, tokenFile }, async ({ notices, backend }) => {
    const answer = await ask(listen, '/api/v1/reload', { ...post, ...withToken('sesame') });
    assert.is(answer.status, 500);
    assert.not.match(answer.body, 'there-is-none');
    assert.match(JSON.stringify(notices), 'there-is-none');
    assert.is(backend.reloads, 0);
  });
});

test('answers 500 when something fails, and goes on', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async ({ backend }) => {
    backend.gateways = () => {
      throw new Error('a defect');
    };
    const { status, body } = await ask(listen, '/api/v1/state');
    assert.is(status, 500);
    assert.not.match(body, 'defect');
    assert.is((await ask(listen, '/livez')).status, 200);
  });
});

test('refuses what a page of another site may send', async () => {
  const path = join(folder, 'cross.sock');
  await withAdmin({ listen: { kind: 'unix', path } }, async ({ backend }) => {
    for (const headers of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await ask({ kind: 'unix', path }, '/api/v1/reload', { ...post, headers });
      assert.is(answer.status, 403);
    }
    assert.is(backend.reloads, 0);
  });
});

test('answers no page of another site, whatever it asks for', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async () => {
    for (const path of ['/', '/livez', '/readyz', '/metrics', '/api/v1/state', '/api/v1/events']) {
      const headers = { 'sec-fetch-site': 'cross-site' };
      assert.is((await ask(listen, path, { headers })).status, 403, path);
    }
    const { status } = await ask(listen, '/metrics', { headers: { 'sec-fetch-site': 'none' } });
    assert.is(status, 200);
  });
});

test('answers to its own names only', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async () => {
    const statusFor = async (host: string) =>
      (await ask(listen, '/api/v1/state', { headers: { host } })).status;
    assert.is(await statusFor('evil.test'), 421);
    assert.is(await statusFor('localhost.evil.test:80'), 421);
    assert.is(await statusFor('LOCALHOST:23791'), 200);
    assert.is(await statusFor('[::1]:23791'), 200);
    assert.is(await statusFor('127.0.0.1'), 200);
  });
});

test('tells any host whether it is ready, but not why it is not', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async ({ backend }) => {
    const asked = async (host: string) => ask(listen, '/readyz', { headers: { host } });
    assert.is((await asked('gateway.svc.cluster.local:23791')).status, 200);
    assert.is((await ask(listen, '/livez', { headers: { host: 'evil.test' } })).status, 200);
    backend.ready = { ready: false, reasons: ['gateway main: 10.0.0.1:2379: refused'] };
    const foreign = await asked('evil.test');
    assert.equal([foreign.status, foreign.body], [503, 'not ready\n']);
    assert.match((await asked('localhost')).body, '10.0.0.1:2379');
  });
});

test('takes no other method, path or body', async () => {
  const listen = loopback(await freePort());
  await withAdmin({ listen }, async () => {
    const wrong = await ask(listen, '/api/v1/state', { method: 'DELETE' });
    assert.is(wrong.status, 405);
    assert.is(wrong.headers.allow, 'GET, HEAD');
    assert.is((await ask(listen, '/api/v1/reload')).status, 405);
    assert.is((await ask(listen, '/etc/passwd')).status, 404);
    assert.is((await ask(listen, '/livez', { method: 'HEAD' })).body, '');
    const large = await ask(listen, '/livez', { headers: { 'content-length': '9' } });
    assert.is(large.status, 413);
    const heads = { headers: { x: 'y'.repeat(9_000) } };
    assert.is((await ask(listen, '/livez', heads)).status, 431);
  });
});

test('is closed to other machines without a token, and asks them for it', async () => {
  const listen = loopback(await freePort(), '0.0.0.0');
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'sesame');
  await withAdmin({ listen: undefined }, async ({ prepare, backend }) => {
    const refusal = async () =>
      prepare({ listen }).then(
        () => 'it was bound',
        (error: unknown) => String(error),
      );
    assert.match(await refusal(), 'set admin.token-file too');
    await (await prepare({ listen, tokenFile })).commit();
    assert.match(await refusal(), 'set admin.token-file too');
    const near = loopback(listen.kind === 'tcp' ? listen.port : 0);
    assert.is((await ask(near, '/api/v1/state')).status, 401);
    assert.is((await ask(near, '/api/v1/state', withToken('sesame'))).status, 200);
    const basic = `Basic ${Buffer.from('me:sesame').toString('base64')}`;
    assert.is((await ask(near, '/metrics', { headers: { authorization: basic } })).status, 200);
    const reload = { ...post, headers: { authorization: basic } };
    assert.is((await ask(near, '/api/v1/reload', reload)).status, 401, 'bearer only');
    backend.ready = { ready: false, reasons: ['10.0.0.1:2379 is down'] };
    assert.is((await ask(near, '/readyz')).body, 'not ready\n');
  });
});

test.run();
