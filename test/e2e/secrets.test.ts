import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ask, loopback } from '../support/admin-server.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { readyMessage, withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('secrets and hostile names');

const secrets = {
  password: 'marker-of-the-password-4711',
  token: 'marker-of-the-admin-token-4711',
  written: 'marker-in-the-file-4711',
};

interface Setup {
  readonly gateway: GatewayProcess;
  readonly adminPort: number;
  readonly tokenFile: string;
}

/** A gateway with all that may know a secret, whose member answers as `instead` says. */
async function withEverything(
  scope: Scope,
  format: string,
  instead: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Setup> {
  const etcd = await withFakeEtcd(scope);
  etcd.instead = instead;
  const upstream = await withUpstream(scope, { behaviour: identity('it') });
  const folder = await scope.tempDir();
  const [passwordFile, tokenFile] = [join(folder, 'password'), join(folder, 'token')];
  await writeFile(passwordFile, secrets.password);
  await writeFile(tokenFile, secrets.token);
  const [port, adminPort] = [await freePort(), await freePort()];
  const discovery = { interval: '1s', username: 'root', 'password-file': passwordFile };
  const config = {
    gateways: {
      main: {
        'listen-addr': `127.0.0.1:${port}`,
        endpoints: [etcd.address, upstream.address],
        'member-discovery': discovery,
      },
    },
    admin: { 'listen-addr': `127.0.0.1:${adminPort}`, 'token-file': tokenFile },
    log: { level: 'debug', format },
  };
  const gateway = await withGateway(scope, { config, ready: false });
  await until(() => gateway.stderr.includes(readyMessage), {
    what: 'readiness',
    timeoutMs: 10_000,
  });
  return { gateway, adminPort, tokenFile };
}

/** Repeats what it was told, as an endpoint may that wants to see secrets in other people's logs. */
function repeat(request: IncomingMessage, response: ServerResponse): boolean {
  void text(request)
    .catch(() => '')
    .then((body) => {
      const heard = `${request.headers.authorization ?? ''} ${body} ${secrets.password}`;
      response.writeHead(401).end(JSON.stringify({ message: `no: ${heard}`, code: 16 }));
    });
  return true;
}

/** What the process itself shows, by where. */
async function shown({ gateway, adminPort }: Setup): Promise<Map<string, string>> {
  const outputs = new Map([['log', gateway.stderr]]);
  for (const path of ['/', '/readyz', '/metrics', '/api/v1/state', '/nowhere']) {
    outputs.set(path, (await ask(loopback(adminPort), path)).body);
  }
  outputs.set('command line', await readFile(`/proc/${gateway.pid}/cmdline`, 'utf8'));
  return outputs;
}

/** What commands print about it. */
async function printed({ gateway, adminPort, tokenFile }: Setup): Promise<Map<string, string>> {
  const outputs = new Map<string, string>();
  const admin = `--admin=127.0.0.1:${adminPort}`;
  const wrong = await runProgram(['reload', admin, `--token-file=${gateway.configFile}`]);
  outputs.set('reload, wrong token', wrong.stdout + wrong.stderr);
  for (const args of [['status'], ['status', '--json'], ['reload']]) {
    const { stdout, stderr } = await runProgram([...args, admin, `--token-file=${tokenFile}`]);
    outputs.set(args.join(' '), stdout + stderr);
  }
  const { stdout, stderr } = await runProgram(['check', gateway.configFile]);
  outputs.set('check', stdout + stderr);
  return outputs;
}

function assertNoSecrets(outputs: ReadonlyMap<string, string>): void {
  for (const [where, output] of outputs) {
    for (const secret of Object.values(secrets)) {
      assert.not.ok(output.includes(secret), `${where} shows ${secret}`);
    }
  }
}

const block = `|\n    -----BEGIN PRIVATE KEY-----\n    ${secrets.written}\n`;
const refusedFiles = [
  `gateways: {}\npassphrase:\n  ${secrets.written}\nauthorization: [${secrets.written}] # ${secrets.written}\n`,
  `admin:\n  token-file: ${block}  key: ${block}`,
  `password: "x" ${secrets.written}\nkey: !${secrets.written} [*${secrets.written}\n`,
];

for (const format of ['json', 'text']) {
  test(
    `shows no password and no token anywhere, with a log as ${format}`,
    scoped(async (scope) => {
      const setup = await withEverything(scope, format, repeat);
      const { gateway } = setup;
      await until(() => gateway.stderr.includes('refuses'), { what: 'a refusal by the member' });
      assertNoSecrets(await shown(setup));
      const user = `root:${secrets.written}`;
      const gateways = { main: { 'listen-addr': ':1', endpoints: [`http://${user}@h:2379`] } };
      await gateway.edit(JSON.stringify({ gateways, password: secrets.written }, null, 2));
      await until(() => gateway.stderr.includes('has a scheme'), { what: 'the refused file' });
      assertNoSecrets(await shown(setup));
      assertNoSecrets(await printed(setup));
      for (const text of refusedFiles) {
        await gateway.edit(text);
        const outputs = await printed(setup); // a reload among them
        assert.match(outputs.get('reload') ?? '', 'rejected: ');
        assertNoSecrets(outputs);
        assertNoSecrets(await shown(setup));
      }
    }),
  );
}

const escapes = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u2028\r\n2026-01-01 error a lie';

function speakInEscapes(request: IncomingMessage, response: ServerResponse): boolean {
  request.resume();
  const header = { cluster_id: '11', member_id: '1' };
  const bad = { ID: '1', name: escapes, clientURLs: [`http://h${escapes}:1`, `unix://${escapes}`] };
  if (request.url?.endsWith('/auth/authenticate') === true) {
    response.end(JSON.stringify({ header, token: 'x' }));
  } else if (request.url?.endsWith('/kv/range') === true) {
    response.end(JSON.stringify({ header }));
  } else {
    const isEven = Math.random() < 0.5;
    if (!isEven) response.writeHead(500);
    response.end(JSON.stringify(isEven ? { header, members: [bad] } : { message: escapes }));
  }
  return true;
}

test(
  'lets no name from the network write to a terminal, or a line of its own into the log',
  scoped(async (scope) => {
    const setup = await withEverything(scope, 'text', speakInEscapes);
    const { gateway } = setup;
    for (const heard of ['refuses to list', 'no member has a usable']) {
      await until(() => gateway.stderr.includes(heard), { what: heard, timeoutMs: 15_000 });
    }
    const outputs = await printed(setup);
    outputs.set('log', gateway.stderr);
    for (const where of ['status', 'status --json', 'reload', 'check', 'log']) {
      const output = outputs.get(where) ?? '';
      assert.ok(output !== '', where);
      assert.not.match(output, /[^\P{Cc}\n]|[\p{Cf}\u2028\u2029]/u, where);
      assert.not.match(output, /^2026-01-01 error a lie/m, where);
    }
  }),
);

test.run();
