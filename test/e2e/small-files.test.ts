import { execFileSync } from 'node:child_process';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { TestProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';

const test = suite('small files that are no plain files');

test(
  'FIFOs in place of token, password, CA, certificate and key hold up no request, reload or end',
  scoped(async (scope) => {
    const { fifo, admin, config } = await withFifo(scope);
    const gateway = await withGateway(scope, { config });
    const reason = `the token file ${fifo} cannot be read: it is a FIFO, not a file`;
    for (let i = 0; i < 8; i += 1) {
      const answer = await fetch(`http://${admin}/api/v1/reload`, bearer);
      assert.is(answer.status, 500);
    }
    assert.is((await fetch(`http://${admin}/livez`)).status, 200);
    const told = gateway.logs.filter(({ message }) => message === 'admin token cannot be read');
    assert.equal(
      told.map((line) => line.reason),
      [reason],
    );
    const failed = await gateway.logged('discovery failed, it has not answered yet');
    assert.match(String(failed.reason), /^ca-file .* it is a FIFO, not a file$/);
    const unmade = await gateway.logged('health checks cannot be made, endpoints stay as they are');
    assert.match(String(unmade.reason), /^ca-file .* it is a FIFO, not a file$/);

    await gateway.edit({ ...config, log: { level: 'info', format: 'json' } });
    await gateway.logged('configuration applied', { where: ({ generation }) => generation === 2 });
    gateway.signal('SIGHUP');
    await writeFile(`${fifo}.file`, 'sesame');
    await rename(`${fifo}.file`, fifo);
    assert.is((await fetch(`http://${admin}/api/v1/reload`, bearer)).status, 200);
    await gateway.logged('admin token can be read again');
    await rm(fifo);
    assert.is((await fetch(`http://${admin}/api/v1/reload`, bearer)).status, 500);
    assert.equal(await gateway.stop('SIGTERM', 3_000), { code: 0, signal: null });
  }),
);

test(
  'a failure that goes on as it began is told once, also in the timeline',
  scoped(async (scope) => {
    const { admin, config } = await withFifo(scope);
    const gateway = await withGateway(scope, { config });
    for (let i = 0; i < 3; i += 1) {
      await fetch(`http://${admin}/api/v1/reload`, bearer);
      gateway.signal('SIGHUP'); // asks the members again
      await gateway.logged('configuration unchanged', { after: gateway.logs.length - 1 });
    }
    const stop = new AbortController();
    const stream = await fetch(`http://${admin}/api/v1/events`, { signal: stop.signal });
    const { value } = (await stream.body?.getReader().read()) as { value?: Uint8Array };
    stop.abort();
    const text = Buffer.from(value ?? []).toString();
    assert.is(text.split('admin token cannot be read').length, 2);
    assert.is(text.split('event: source-failed').length, 2);
  }),
);

test(
  'files that everybody may write are warned of by check, reload and in the log',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const admin = `unix:${join(dir, 'admin.sock')}`;
    const token = join(dir, 'token');
    await writeFile(token, 'sesame');
    await chmod(token, 0o646);
    const config = {
      gateways: {
        main: { 'listen-addr': `127.0.0.1:${await freePort()}`, endpoints: ['127.0.0.1:1'] },
      },
      admin: { 'listen-addr': admin, 'token-file': token },
    };
    const gateway = await withGateway(scope, { config });
    const reason = `token-file ${token} may be written by everybody (chmod o-w ${token})`;
    const message = 'everybody may write a file that the configuration names';
    assert.equal((await gateway.logged(message)).reasons, [reason]);
    assert.match(
      (await run('reload', '--admin', admin)).stderr,
      `warning: admin.token-file: ${reason}`,
    );
    const checked = await run('check', gateway.configFile);
    assert.is(checked.code, 0);
    assert.match(checked.stderr, `admin.token-file: warning: ${reason}`);
    assert.is((await run('check', '--strict', gateway.configFile)).code, 78);
    assert.is(gateway.logs.filter((line) => line.message === message).length, 1);
    await chmod(token, 0o640);
    assert.is((await run('check', '--strict', gateway.configFile)).stderr, '');
  }),
);

test(
  'a token file that goes bad is told by a reload, however that is asked for',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const token = join(dir, 'token');
    await writeFile(token, 'sesame');
    const config = {
      gateways: {
        main: { 'listen-addr': `127.0.0.1:${await freePort()}`, endpoints: ['127.0.0.1:1'] },
      },
      admin: { 'listen-addr': `unix:${join(dir, 'admin.sock')}`, 'token-file': token },
    };
    const gateway = await withGateway(scope, { config });
    await rm(token);
    gateway.signal('SIGHUP');
    const told = await gateway.logged('admin token cannot be read');
    assert.is(told.reason, `the token file ${token} cannot be read: there is no such file`);
    await writeFile(token, 'sesame');
    await gateway.edit({ ...config, log: { level: 'debug' } });
    await gateway.logged('admin token can be read again');
    await writeFile(token, '');
    await gateway.edit(config);
    const emptied = await gateway.logged('admin token cannot be read', {
      where: ({ reason }) => reason === `the token file ${token} is empty`,
    });
    assert.ok(emptied);
  }),
);

test(
  'a configuration that can be read once is told of by check and refused by start',
  scoped(async (scope) => {
    const fifo = join(await scope.tempDir(), 'gateway.yaml');
    execFileSync('mkfifo', [fifo]);
    const text = 'gateways: { main: { listen-addr: "127.0.0.1:1", endpoints: [h:1] } }\n';
    const why = 'it is a FIFO, not a file (name a file: it is read again at each reload)';
    for (const args of [['check'], ['check', '--strict']]) {
      const [checked] = await Promise.all([run(...args, fifo), writeFile(fifo, text)]);
      const mark = args.length === 1 ? 'warning: ' : '';
      assert.is(checked.stderr, `${fifo}: ${mark}start refuses it: ${why}\n`);
      assert.is(checked.code, args.length === 1 ? 0 : 78);
    }
    const started = await run('start', '--config', fifo);
    assert.is(started.code, 78);
    assert.match(started.stderr, `\n${fifo}: ${why}\n`);
    const dash = await run('start', '--config', '-');
    assert.is(dash.code, 2);
    assert.match(dash.stderr, 'start reads its file again at each reload (write --config=FILE)');
  }),
);

test.run();

const bearer = { method: 'POST', headers: { authorization: 'Bearer sesame' } };

async function withFifo(scope: Scope) {
  const fifo = join(await scope.tempDir(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const admin = `127.0.0.1:${await freePort()}`;
  const tls = { 'ca-file': fifo, 'cert-file': fifo, 'key-file': fifo };
  const config = {
    gateways: {
      main: {
        'listen-addr': `127.0.0.1:${await freePort()}`,
        endpoints: ['127.0.0.1:1'],
        'health-check': { type: 'tls', interval: '200ms', timeout: '100ms', tls },
        'member-discovery': { interval: '1s', username: 'root', 'password-file': fifo, tls },
      },
    },
    admin: { 'listen-addr': admin, 'token-file': fifo },
  };
  return { fifo, admin, config };
}

async function run(...args: string[]) {
  const child = new TestProcess(process.execPath, [program, ...args]);
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}
