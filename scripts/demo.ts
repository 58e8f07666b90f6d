/**
 * `npm run demo`: the main job in under a minute. Exit 1: a write failed or a session was dropped.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { errorCode } from '../src/model/errors.js';
import { freePort } from '../test/support/ports.js';
import { Scope } from '../test/support/scope.js';
import { until } from '../test/support/until.js';
import { withGateway, type GatewayProcess, type LogLine } from '../test/support/gateway.js';
import { startCluster, type Member } from './demo/members.js';
import { quote, say, step, verdict } from './demo/screen.js';
import { Writer } from './demo/writer.js';

const writersAtFirst = 9;

/** Everything that is on stage. */
class Demo {
  readonly writers: Writer[] = [];
  readonly killed = new Set<string>();

  constructor(
    readonly scope: Scope,
    readonly gateway: GatewayProcess,
    readonly port: number,
    /** Of the admin API. */
    readonly socket: string,
  ) {}

  /** Changes the file, and shows the line in which the gateway says what it made of it. */
  async change(yaml: string, message: string): Promise<LogLine> {
    const after = this.gateway.logs.length;
    await this.gateway.edit(yaml);
    return this.shown(message, after);
  }

  async shown(message: string, after: number): Promise<LogLine> {
    const line = await this.gateway.logged(message, { after, timeoutMs: 15_000 });
    quote(formatLine(line));
    return line;
  }

  addWriters(count: number): void {
    for (let added = 0; added < count; added++) {
      const writer = new Writer(`demo/${this.writers.length}`, this.port);
      this.writers.push(writer);
      this.scope.defer(async () => writer.close());
    }
  }

  /** Each writer must get on. */
  async writesGoOn(): Promise<void> {
    const goals = this.writers.map(({ acknowledged }) => acknowledged + 20);
    const before = this.acknowledged;
    const startedMs = performance.now();
    await until(() => this.writers.every((w, index) => w.acknowledged >= (goals[index] ?? 0)), {
      what: 'the writes to go on',
      timeoutMs: 20_000,
    });
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(
      `${this.acknowledged - before} writes by ${this.writers.length} writers in ${seconds} s, ` +
        `${this.retries} retries so far; sessions: ${this.#openSessions()}`,
    );
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  get retries(): number {
    return this.writers.reduce((sum, { retries }) => sum + retries, 0);
  }

  get failed(): number {
    return this.writers.reduce((sum, { failed }) => sum + failed, 0);
  }

  /** Ended sessions: those that died with their member, and those that should have lived. */
  closedSessions(): { readonly died: number; readonly dropped: number } {
    const ended = this.gateway.logs.filter(({ message }) => message === 'session closed');
    const died = ended.filter(({ endpoint }) => this.killed.has(String(endpoint))).length;
    return { died, dropped: ended.length - died };
  }

  #openSessions(): number {
    const { logs } = this.gateway;
    const opened = logs.filter(({ message }) => message === 'endpoint dialed').length;
    const { died, dropped } = this.closedSessions();
    return opened - died - dropped;
  }
}

async function play(scope: Scope): Promise<boolean> {
  const cluster = await startMembers(scope);
  const demo = await startGateway(scope, cluster);
  await removeMember(demo, cluster);
  await failMember(demo, cluster);
  await breakFile(demo, cluster);
  return conclude(demo);
}

async function startMembers(scope: Scope): Promise<readonly Member[]> {
  step('Three members');
  const { kind, members } = await startCluster(scope);
  say(kind);
  for (const { name, address } of members) say(`${name}  ${address}`);
  return members;
}

async function startGateway(scope: Scope, members: readonly Member[]): Promise<Demo> {
  const port = await freePort();
  const socket = join(await scope.tempDir(), 'admin.sock');
  const file = yaml(port, socket, members);
  step('The gateway, with this file');
  say(file);
  const gateway = await withGateway(scope, { config: file });
  const demo = new Demo(scope, gateway, port, socket);
  await demo.shown('ready to proxy client requests', 0);

  step('Writes through the gateway');
  demo.addWriters(writersAtFirst);
  await demo.writesGoOn();
  return demo;
}

async function removeMember(demo: Demo, members: readonly Member[]): Promise<void> {
  const [first, second, third] = members;
  if (!first || !second || !third) throw new Error('three members are wanted');
  step(`${third.name} leaves the file: no new sessions for it, and the open ones go on`);
  await demo.change(yaml(demo.port, demo.socket, [first, second]), 'configuration applied');
  await demo.writesGoOn();

  step(`${third.name} is written into the file again`);
  await demo.change(yaml(demo.port, demo.socket, members), 'configuration applied');
  await demo.writesGoOn();
}

async function failMember(demo: Demo, members: readonly Member[]): Promise<void> {
  const [, victim] = members;
  if (!victim) throw new Error('three members are wanted');
  step(`${victim.name} is killed: its sessions die with it, and their writers go on elsewhere`);
  demo.killed.add(victim.address);
  let after = demo.gateway.logs.length;
  await victim.kill();
  await demo.shown('endpoint taken out of rotation', after);
  await demo.writesGoOn();

  step(`${victim.name} is started again`);
  after = demo.gateway.logs.length;
  await victim.restart();
  demo.addWriters(3);
  await demo.shown('endpoint back in rotation', after);
  demo.addWriters(3);
  await demo.writesGoOn();
}

async function breakFile(demo: Demo, members: readonly Member[]): Promise<void> {
  step('The file is broken: it is refused as a whole, and what runs stays');
  const broken = yaml(demo.port, demo.socket, members).replace('endpoints:', 'endpionts:');
  await demo.change(broken, 'configuration refused, what runs stays');
  await demo.writesGoOn();

  step('What `etcd-gateway status` says');
  say(await status(demo.socket));
}

async function conclude(demo: Demo): Promise<boolean> {
  const { died, dropped } = demo.closedSessions();
  for (const writer of demo.writers) await writer.close();
  step('In all');
  say(`${demo.acknowledged} writes, ${demo.retries} of them tried again`);
  verdict(demo.failed === 0, `${demo.failed} writes failed`);
  say(`${died} sessions died with the member that was killed`);
  verdict(dropped === 0, `${dropped} sessions dropped by the gateway`);
  return demo.failed === 0 && dropped === 0;
}

async function status(socket: string): Promise<string> {
  const program = ['dist/bin/main.js', 'status', '--admin', `unix:${socket}`];
  return (await promisify(execFile)(process.execPath, program)).stdout.trimEnd();
}

function yaml(port: number, socket: string, members: readonly Member[]): string {
  return [
    'gateways:',
    '  main:',
    `    listen-addr: 127.0.0.1:${port}`,
    '    endpoints:',
    ...members.map(({ address, name }) => `      - ${address}  # ${name}`),
    `admin: { listen-addr: 'unix:${socket}' }`,
    'log: { level: debug, format: json }',
  ].join('\n');
}

/** Fields of a log line that the story is about. */
const telling = ['endpoints', 'endpointsAdded', 'endpointsRemoved', 'sessionsDraining', 'endpoint'];

function formatLine(line: LogLine): string {
  const shown = [...telling, 'reason', 'problems'].filter((name) => name in line);
  return [line.message, ...shown.map((name) => `  ${name}:${formatValue(line[name])}`)].join('\n');
}

function formatValue(value: unknown): string {
  if (!Array.isArray(value)) return ` ${String(value)}`;
  return value.length > 1
    ? value.map((each) => `\n    ${String(each)}`).join('')
    : ` ${String(value[0])}`;
}

const scope = new Scope();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void scope.close().then(() => process.exit(128 + constants.signals[signal]));
  });
}
try {
  process.exitCode = (await play(scope)) ? 0 : 1;
} catch (error) {
  if (errorCode(error) !== 'EPIPE') throw error;
  process.exitCode = 1; // whoever read along has gone, as `head` does
} finally {
  await scope.close();
}
