import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { DnsTestServer, silence } from '../support/dns-server.js';
import { freePort } from '../support/ports.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { mainGateway } from '../support/gateway-config.js';
import { scoped } from '../support/scope.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('startup');

interface Use {
  readonly cpuMs: number;
  readonly packages: readonly string[];
}

/** Tells at the end, on the last line of standard error, what the process has used. */
const report = `
  import Module from 'node:module';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const packages = Object.keys(Module._cache).map((path) => path.split('/node_modules/').at(-1));
    console.error(JSON.stringify({ cpuMs: (user + system) / 1000, packages }));
  });`;

/** Of the program as it is installed nobody sees which packages it has loaded. */
const compiled = 'dist/src/main.js';

async function useOf(args: readonly string[]): Promise<Use> {
  const reporting = `data:text/javascript,${encodeURIComponent(report)}`;
  const child = spawn(process.execPath, ['--import', reporting, compiled, ...args]);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Use;
}

test('spends next to nothing on its version, and loads no package for it', async () => {
  const { cpuMs, packages } = await useOf(['--version']);
  assert.ok(cpuMs < 1_000, `${cpuMs} ms`);
  assert.equal(packages, []);
});

test('checks a file without compiling the schema', async () => {
  const { cpuMs, packages } = await useOf(['check', 'gateway.example.yaml']);
  assert.ok(cpuMs < 2_000, `${cpuMs} ms`);
  assert.ok(packages.includes('yaml/dist/index.js'), packages.join());
  const ofAjv = packages.filter((path) => path.startsWith('ajv/'));
  assert.equal(ofAjv, ['ajv/dist/runtime/ucs2length.js']);
});

test(
  'stays small while nobody is connected',
  scoped(async (scope) => {
    const flags = [`--listen-addr=127.0.0.1:${await freePort()}`, '--endpoints=127.0.0.1:1'];
    const gateway = await withGateway(scope, { flags });
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
    const residentMiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    assert.ok(residentMiB < 100, `${residentMiB} MiB`); // some 65, of which node itself has 40
  }),
);

const onStreams = 'sessions take more CPU than they need';

test(
  'is ready while DNS is silent, however long an answer may take',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('seed') });
    const dns = await DnsTestServer.start(silence);
    scope.defer(() => dns.close());
    const port = await freePort();
    const discovery = { 'discovery-srv': 'example.test', 'insecure-discovery': true };
    const config = {
      ...mainGateway(port, [upstream.address], discovery),
      dns: { servers: [dns.address], timeout: '1m' },
    };
    await withGateway(scope, { config }); // it has ten seconds for the line
    assert.is(await whoAnswers(port), 'seed');
  }),
);

test(
  'makes system calls itself for its sessions',
  scoped(async (scope) => {
    const gateway = await withGateway(scope, {
      config: mainGateway(await freePort(), ['x:1']),
      env: { NODE_OPTIONS: '' }, // nothing is hidden from it, even where the run's others lack handles
    });
    assert.is(messages(gateway).includes(onStreams), false);
  }),
);

test(
  'says so where it has to do without plain system calls',
  scoped(async (scope) => {
    const gateway = await withGateway(scope, {
      config: mainGateway(await freePort(), ['x:1']),
      env: { NODE_OPTIONS: '--no-addons' },
    });
    await gateway.logged(onStreams);
  }),
);

function messages({ logs }: GatewayProcess): string[] {
  return logs.map(({ message }) => message);
}

test.run();
