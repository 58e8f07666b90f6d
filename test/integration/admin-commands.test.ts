import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { run as reload } from '../../src/cli/reload.js';
import { run as status } from '../../src/cli/status.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { formatAddress, type Address } from '../../src/model/address.js';
import type { AdminSettings } from '../../src/model/config.js';
import type { State } from '../../src/observe/admin/state.js';
import {
  applied,
  base,
  gatewayView,
  rejected,
  upstreamView,
  type PlainBackend,
} from '../support/admin-backend.js';
import { loopback, withAdmin } from '../support/admin-server.js';
import { freePort } from '../support/ports.js';
import { until } from '../support/until.js';

const test = suite('status and reload');

let folder = '';
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admin-test-'));
});
test.after(() => rm(folder, { recursive: true, force: true }));

class Paper implements Terminal {
  printed = '';
  complained = '';
  readonly columns = 80;
  constructor(readonly interactive = false) {}
  out(text: string): void {
    this.printed += text;
  }
  err(text: string): void {
    this.complained += text;
  }
}

const quiet = { json: false, watch: false };

async function withGateway(
  settings: Partial<AdminSettings>,
  use: (backend: PlainBackend, admin: string) => Promise<void>,
): Promise<void> {
  const listen: Address = settings.listen ?? loopback(await freePort());
  await withAdmin({ listen, ...settings }, ({ backend }) => use(backend, formatAddress(listen)));
}

const socket = (): Partial<AdminSettings> => ({
  listen: { kind: 'unix', path: join(folder, 'a.sock') },
});

test('shows a table that fits 80 columns, with why an endpoint is out', () =>
  withGateway({}, async (backend, admin) => {
    const now = Date.now();
    backend.views = [
      gatewayView('main', [
        upstreamView('10.0.0.1:2379'),
        upstreamView(`${'very-long-name.'.repeat(6)}example.com:2379`, {
          state: 'ejected',
          reason: 'connect ECONNREFUSED after three tries at both of its addresses, one by one',
          sinceMs: now - 65_000,
          retryAtMs: now + 3_500,
          lastError: { message: 'connection reset', atMs: now - 2_000 },
        }),
      ]),
    ];
    const paper = new Paper();
    assert.is(await status({ admin, ...quiet }, paper), 0);
    const lines = paper.printed.split('\n');
    assert.ok(
      lines.every((line) => line.length <= 80),
      paper.printed,
    );
    assert.match(paper.printed, /^ready, generation 1, up /);
    assert.match(paper.printed, / 10\.0\.0\.1:2379 +healthy +3 +1\.00K +4\.00K\n/);
    assert.match(paper.printed, /ejected 1m5s ago: connect ECONNREFUSED/);
    assert.match(paper.printed, 'last error 2s ago: connection reset');
  }));

test('exits 1 when the gateway is not ready or not there', () =>
  withGateway({}, async (backend, admin) => {
    backend.ready = { ready: false, reasons: ['gateway main: no upstream is alive'] };
    const paper = new Paper();
    assert.is(await status({ admin, ...quiet }, paper), 1);
    assert.match(paper.printed, '! gateway main: no upstream is alive');
    const nobody = `127.0.0.1:${await freePort()}`;
    assert.is(await status({ admin: nobody, ...quiet }, paper), 1);
    assert.match(paper.complained, /^no gateway answers at 127.*: connection refused \(.*\)\n$/);
  }));

test('shows one gateway only, and names those there are for one that is not', () =>
  withGateway({}, async (backend, admin) => {
    backend.views = ['main', 'other'].map((name) => gatewayView(name, [upstreamView('a:1')]));
    backend.ready = { ready: false, reasons: ['gateway other: no upstream is alive'] };
    backend.readinessOf = (name) =>
      name === 'other' ? backend.ready : { ready: true, reasons: [] };
    const paper = new Paper();
    assert.is(await status({ admin, ...quiet, gateway: 'main' }, paper), 0);
    assert.match(paper.printed, /^ready, [^]*\nmain {2}/);
    assert.not.match(paper.printed, 'other');
    assert.is(await status({ admin, ...quiet, gateway: 'other' }, new Paper()), 1);
    const json = new Paper();
    await status({ admin, json: true, watch: false, gateway: 'main' }, json);
    const { ready, gateways } = JSON.parse(json.printed) as State;
    assert.equal([ready, gateways.map(({ name }) => name)], [true, ['main']]);
    const unknown = new Paper();
    assert.is(await status({ admin, ...quiet, gateway: 'mian' }, unknown), 1);
    assert.is(unknown.printed, '');
    assert.is(unknown.complained, 'there is no gateway "mian" (there are: main, other)\n');
  }));

test('prints the state as JSON', () =>
  withGateway({}, async (_backend, admin) => {
    const paper = new Paper();
    assert.is(await status({ admin, json: true, watch: false }, paper), 0);
    assert.is((JSON.parse(paper.printed) as { version: number }).version, 1);
  }));

test('lets no name move the cursor, and colours on a terminal only', () =>
  withGateway({}, async (backend, admin) => {
    backend.views = [gatewayView('\u001B[2Jmain', [upstreamView('10.0.0.1:2379')])];
    const file = new Paper();
    await status({ admin, ...quiet }, file);
    assert.not.match(file.printed, '\u001B');
    const screen = new Paper(true);
    await status({ admin, ...quiet }, screen);
    assert.match(screen.printed, '\u001B[32mhealthy');
    assert.not.match(screen.printed, '\u001B[2J');
  }));

test('tells what a reload did', () =>
  withGateway(socket(), async (backend, admin) => {
    backend.verdict = applied;
    const paper = new Paper();
    assert.is(await reload({ admin }, paper), 0);
    assert.is(
      paper.printed,
      'applied generation 2 in 3 ms, 2 sessions draining\n' +
        '  + listener  main/127.0.0.1:23792\n' +
        '  + endpoint  main/10.0.0.3:2379\n' +
        '  - endpoint  main/10.0.0.2:2379\n' +
        '  ~ setting   main.retry-delay  1m0s → 30s\n',
    );
  }));

test('tells why a reload was rejected, with the place', () =>
  withGateway(socket(), async (backend, admin) => {
    const problem = { line: 3, column: 5, path: 'dns.timeout', what: 'no unit', hint: 'write 2s' };
    backend.verdict = { ...rejected, problems: [problem] };
    const paper = new Paper();
    assert.is(await reload({ admin }, paper), 1);
    assert.is(
      paper.complained,
      '/etc/gateway.yaml:3:5: dns.timeout: no unit (write 2s)\n' +
        'rejected: /etc/gateway.yaml has a mistake; what ran before runs on\n',
    );
  }));

test('says what to do about a token', async () => {
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'sesame\n');
  await withGateway({}, async (_backend, admin) => {
    const paper = new Paper();
    assert.is(await reload({ admin }, paper), 1);
    assert.match(paper.complained, 'over TCP it needs a token');
  });
  await withGateway({ tokenFile }, async (_backend, admin) => {
    const paper = new Paper();
    assert.is(await reload({ admin }, paper), 1);
    assert.match(paper.complained, '--token-file');
    assert.is(await reload({ admin, tokenFile }, paper), 0);
    assert.match(paper.printed, 'unchanged: generation 2');
  });
});

test('takes a token out of a pipe, and waits for none without end', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const tokenFile = join(folder, 'expected');
  await writeFile(tokenFile, 'sesame\n');
  await withGateway({ tokenFile }, async (_backend, admin) => {
    const writer = await open(fifo, 'r+');
    const [paper, late] = [new Paper(), new Paper()];
    await writer.write('sesame');
    const asked = reload({ admin, tokenFile: fifo }, paper);
    await until(() => hasTwoReaders(fifo), { what: 'the command to open it' });
    await writer.close();
    assert.is(await asked, 0);
    assert.is(await reload({ admin, tokenFile: fifo }, late), 1);
    assert.match(late.complained, `the token file ${fifo} is empty`);
    const silent = await open(fifo, 'r+');
    assert.is(await reload({ admin, tokenFile: fifo }, late), 1);
    assert.match(late.complained, `${fifo} cannot be read: nothing comes out of it`);
    await silent.close();
    assert.is(await reload({ admin, tokenFile: '/dev/zero' }, late), 1);
    assert.match(late.complained, 'the token file /dev/zero is longer than 4096 bytes');
  });
});

/** Of this process: who writes into it is one of them. */
function hasTwoReaders(path: string): boolean {
  const descriptors = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // that of the listing itself
    }
  });
  return descriptors.filter((target) => target === path).length >= 2;
}

test('tells what the watch has just applied when nothing is left to reload', () =>
  withGateway(socket(), async (backend, admin) => {
    const lastApplied = { ...applied, atMs: base.atMs - 400, trigger: 'file' };
    backend.verdict = { ...base, outcome: 'unchanged', lastApplied };
    const paper = new Paper();
    assert.is(await reload({ admin }, paper), 0);
    assert.match(paper.printed, /unchanged: generation 2[^]*applied 0\.4 s ago[^]*by: file\n/);
    assert.match(paper.printed, '  + endpoint');
  }));

test('refuses an address that is none, saying what to write', async () => {
  const paper = new Paper();
  assert.is(await status({ admin: 'http://localhost:23791', ...quiet }, paper), 1);
  assert.match(paper.complained, '--admin: "http://localhost:23791" has a scheme');
});

test.run();
