import { chmod, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority, type Authority } from '../support/certs.js';
import { withGateway, type GatewayProcess, type LogLine } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { TestProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { withTcpServer } from '../support/tcp-server.js';
import { until } from '../support/until.js';

const test = suite('files that cannot be used');
const withOpenssl = needs(test, 'openssl');

const begins = 'health checks cannot be made, endpoints stay as they are';
const ends = 'health checks can be made again';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Ended> {
  const child = new TestProcess(process.execPath, [program, ...args]);
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** A folder with a pair that fits, as `good.pem` and `good.key`, and ways to spoil it. */
async function withFiles(scope: Scope): Promise<{ dir: string; authority: Authority }> {
  const dir = await scope.tempDir();
  const authority = await withAuthority(scope);
  const pair = await authority.client('root');
  await copyFile(pair.certFile, join(dir, 'cert.pem'));
  await copyFile(pair.keyFile, join(dir, 'key.pem'));
  await copyFile(authority.caFile, join(dir, 'ca.pem'));
  return { dir, authority };
}

function tlsIn(dir: string): Record<string, string> {
  return {
    'ca-file': join(dir, 'ca.pem'),
    'cert-file': join(dir, 'cert.pem'),
    'key-file': join(dir, 'key.pem'),
  };
}

function told(gateway: GatewayProcess, ...messages: string[]): LogLine[] {
  return gateway.logs.filter(({ message }) => messages.includes(message));
}

async function stateOf(admin: string): Promise<Record<string, unknown>> {
  const state = (await (await fetch(`http://${admin}/api/v1/state`)).json()) as {
    gateways: Record<string, unknown>[];
  };
  return state.gateways[0] ?? {};
}

async function metricOf(admin: string, name: string): Promise<string | undefined> {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  return text.split('\n').find((line) => line.startsWith(`${name}{gateway="main"`));
}

const encrypted = [
  '-----BEGIN ENCRYPTED PRIVATE KEY-----',
  'MIGwMA==',
  '-----END ENCRYPTED PRIVATE KEY-----\n',
].join('\n');

const spoilt: readonly [string, (dir: string, authority: Authority) => Promise<void>, RegExp][] = [
  [
    'a missing CA',
    (dir) => rm(join(dir, 'ca.pem')),
    /^ca-file .*ca\.pem cannot be read: there is no such file/,
  ],
  [
    'a key that does not fit',
    async (dir, authority) =>
      copyFile((await authority.client('other')).keyFile, join(dir, 'key.pem')),
    /^key-file .*key\.pem does not belong to the first certificate in cert-file .*cert\.pem/,
  ],
  [
    'an encrypted key',
    (dir) => writeFile(join(dir, 'key.pem'), encrypted),
    /^key-file .*key\.pem is encrypted \(write it without a passphrase/,
  ],
  [
    'a damaged key',
    (dir) => writeFile(join(dir, 'key.pem'), encrypted.replaceAll('ENCRYPTED ', '')),
    /^key-file .*key\.pem is damaged/,
  ],
  [
    'a certificate that is no PEM',
    (dir) => writeFile(join(dir, 'cert.pem'), 'DER'),
    /^cert-file .*cert\.pem is no PEM file/,
  ],
];

for (const [what, spoil, reason] of spoilt) {
  withOpenssl(
    `health checks with ${what} are told once, in log, status, state and metrics, and when it is over`,
    scoped(async (scope) => {
      const { dir, authority } = await withFiles(scope);
      const server = await withTcpServer(scope, () => undefined);
      const admin = `127.0.0.1:${await freePort()}`;
      await spoil(dir, authority);
      const gateway = await withGateway(scope, {
        config: {
          gateways: {
            main: {
              'listen-addr': `127.0.0.1:${await freePort()}`,
              endpoints: [`127.0.0.1:${server.port}`, `localhost:${server.port}`],
              'health-check': {
                type: 'tls',
                interval: '300ms',
                timeout: '200ms',
                fall: 100,
                tls: tlsIn(dir),
              },
            },
          },
          admin: { 'listen-addr': admin },
        },
      });
      const line = await gateway.logged(begins);
      assert.is(line.level, 'warn');
      assert.match(String(line.reason), reason);
      const impossible = 'etcd_gateway_health_checks_total{gateway="main",result="impossible"}';
      await until(
        async () => (await (await fetch(`http://${admin}/metrics`)).text()).includes(impossible),
        {
          what: 'checks',
        },
      );
      assert.match(String((await stateOf(admin)).checksImpossible), reason);
      assert.is(
        await metricOf(admin, 'etcd_gateway_health_checks_impossible'),
        'etcd_gateway_health_checks_impossible{gateway="main"} 1',
      );
      const { stdout } = await run('status', '--admin', admin);
      assert.match(stdout.replace(/\s+/g, ' '), /! health checks cannot be made: /);
      assert.is(told(gateway, begins).length, 1);

      const again = await authority.client('root');
      await copyFile(authority.caFile, join(dir, 'ca.pem'));
      await copyFile(again.keyFile, join(dir, 'key.pem'));
      await copyFile(again.certFile, join(dir, 'cert.pem'));
      assert.is((await gateway.logged(ends)).level, 'info');
      assert.is((await stateOf(admin)).checksImpossible, undefined);
      assert.is(
        await metricOf(admin, 'etcd_gateway_health_checks_impossible'),
        'etcd_gateway_health_checks_impossible{gateway="main"} 0',
      );
      assert.is(told(gateway, ends).length, 1);
    }),
  );
}

withOpenssl(
  'a key that goes while the gateway runs, and one that a reload names, are told of too',
  scoped(async (scope) => {
    const { dir } = await withFiles(scope);
    const server = await withTcpServer(scope, () => undefined);
    const listen = `127.0.0.1:${await freePort()}`;
    const config = (check: object): object => ({
      gateways: {
        main: {
          'listen-addr': listen,
          endpoints: [`127.0.0.1:${server.port}`],
          'health-check': check,
        },
      },
    });
    const check = { type: 'tls', interval: '300ms', timeout: '200ms', fall: 100, tls: tlsIn(dir) };
    const gateway = await withGateway(scope, { config: config(check) as Record<string, unknown> });
    await gateway.logged('health check failed');
    assert.equal(told(gateway, begins), []);
    await rename(join(dir, 'key.pem'), join(dir, 'gone.pem'));
    await gateway.logged(begins);
    await rename(join(dir, 'gone.pem'), join(dir, 'key.pem'));
    await gateway.logged(ends);
    assert.is(told(gateway, begins, ends).length, 2);
    // The first check is an hour away: the file is looked at when the configuration is applied.
    const rare = { ...check, interval: '1h', tls: { 'ca-file': join(dir, 'none.pem') } };
    await gateway.edit(config(rare) as Record<string, unknown>);
    assert.match(
      String((await gateway.logged(begins, { after: gateway.logs.length - 1 })).reason),
      'none.pem',
    );
  }),
);

withOpenssl(
  'member discovery says what is wrong with its own files, and not once for each seed',
  scoped(async (scope) => {
    const { dir } = await withFiles(scope);
    await rm(join(dir, 'key.pem'));
    const server = await withTcpServer(scope, () => undefined);
    const gateway = await withGateway(scope, {
      config: {
        gateways: {
          main: {
            'listen-addr': `127.0.0.1:${await freePort()}`,
            endpoints: [`127.0.0.1:${server.port}`, `localhost:${server.port}`],
            'member-discovery': { interval: '1s', tls: tlsIn(dir) },
          },
        },
      },
    });
    const { reason } = await gateway.logged('discovery failed, it has not answered yet');
    assert.is(reason, `key-file ${join(dir, 'key.pem')} cannot be read: there is no such file`);
  }),
);

withOpenssl(
  'check warns of each where it stands, check --strict refuses, reload warns',
  scoped(async (scope) => {
    const { dir } = await withFiles(scope);
    await rm(join(dir, 'ca.pem'));
    await writeFile(join(dir, 'key.pem'), encrypted);
    const socket = join(dir, 'admin.sock');
    const file = join(dir, 'gateway.yaml');
    await writeFile(
      file,
      [
        'gateways:',
        '  main:',
        `    listen-addr: 127.0.0.1:${await freePort()}`,
        '    endpoints: [127.0.0.1:1]',
        '    discovery-srv: example.test',
        `    trusted-ca-file: ${dir}/trusted.pem`,
        '    health-check:',
        '      type: etcd',
        '      tls:',
        `        ca-file: ${dir}/ca.pem`,
        `        cert-file: ${dir}/cert.pem`,
        `        key-file: ${dir}/key.pem`,
        '    member-discovery:',
        '      username: root',
        `      password-file: ${dir}/password`,
        'admin:',
        `  listen-addr: unix:${socket}`,
        `  token-file: ${dir}/token`,
        'dns: { servers: ["127.0.0.1:1"] }',
        '',
      ].join('\n'),
    );
    const checked = await run('check', file);
    const lines = checked.stderr.trimEnd().split('\n');
    const missing = 'cannot be read: there is no such file';
    const at = 'gateways.main';
    assert.is(checked.code, 0);
    assert.match(checked.stdout, 'gateway main');
    assert.equal(
      [...lines].sort(),
      [
        `${file}:10:18: ${at}.health-check.tls.ca-file: warning: ca-file ${dir}/ca.pem ${missing}`,
        `${file}:12:19: ${at}.health-check.tls.key-file: warning: key-file ${dir}/key.pem is encrypted (write it without a passphrase: openssl pkey -in KEY -out PLAIN)`,
        `${file}:15:22: ${at}.member-discovery.password-file: warning: password-file ${dir}/password ${missing}`,
        `${file}:18:15: admin.token-file: warning: token-file ${dir}/token ${missing}`,
        `${file}:6:22: ${at}.trusted-ca-file: warning: trusted-ca-file ${dir}/trusted.pem ${missing}`,
      ].sort(),
    );
    const strict = await run('check', '--strict', file);
    assert.is(strict.code, 78);
    assert.match(strict.stderr, `${file}:10:18: ${at}.health-check.tls.ca-file: ca-file`);
    assert.not.match(strict.stderr, 'warning');

    const text = await readFile(file, 'utf8');
    const gateway = await withGateway(scope, { config: text, ready: false });
    await gateway.logged('ready to proxy client requests');
    const reloaded = await run('reload', '--admin', `unix:${socket}`);
    assert.is(reloaded.code, 0);
    assert.match(reloaded.stderr, `warning: ${at}.health-check.tls.ca-file: ca-file ${dir}/ca.pem`);
    assert.match(reloaded.stderr, 'warning: admin.token-file: ');

    const small = `{ listen-addr: ":1", endpoints: ["a:1"], health-check: { type: tls, tls: { ca-file: ${dir}/ca.pem } } }`;
    await writeFile(file, `gateways:\n  main: ${small}\n`);
    assert.is((await run('check', '--strict', file)).code, 78);
    await copyFile(join(dir, 'cert.pem'), join(dir, 'ca.pem'));
    const good = await run('check', '--strict', file);
    assert.equal([good.code, good.stderr], [0, '']);
    if (process.getuid?.() !== 0) {
      await chmod(join(dir, 'ca.pem'), 0);
      assert.match((await run('check', file)).stderr, 'permission denied');
    }
  }),
);

test.run();
