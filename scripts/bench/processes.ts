import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Owner } from './owner.js';

/** A running child in a process group of its own. */
export interface Child {
  readonly pid: number;
  /** The next line of its standard output. @throws Error if it ends, or is silent for 60 s. */
  nextLine(): Promise<string>;
  write(line: string): void;
  signal(signal: NodeJS.Signals): void;
  /** What it said before it ended; undefined while it runs. */
  failure(): string | undefined;
  /** SIGTERM, after 5 s SIGKILL, to the whole group. Idempotent. */
  stop(): Promise<void>;
}

const startLimitMs = 30_000;
const silenceLimitMs = 60_000;
const stopLimitMs = 5_000;

export function startChild(owner: Owner, command: string, args: readonly string[]): Child {
  const child = spawn(command, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints.push(text);
    if (complaints.length > 20) complaints.shift();
  });
  child.stdin.on('error', () => undefined); // it has ended; nextLine says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').catch(() => undefined);
  const stop = owner.own(() => stopGroup(child, ended));
  const nextLine = async (): Promise<string> => {
    const next = await Promise.race([
      lines.next(),
      delay(silenceLimitMs, undefined, { ref: false }),
    ]);
    if (next?.done === false) return next.value;
    const problem = next === undefined ? `was silent for ${silenceLimitMs} ms` : 'ended';
    throw new Error(`${command} ${args.join(' ')} ${problem}\n${complaints.join('')}`);
  };
  return {
    pid: child.pid ?? 0,
    nextLine,
    write: (line) => child.stdin.write(`${line}\n`),
    signal: (signal) => child.kill(signal),
    failure: () => (isRunning(child) ? undefined : `${command} has ended: ${complaints.join('')}`),
    stop,
  };
}

function isRunning(child: Spawned): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Resolves once the child accepts on the port. @throws Error if it ends, or after 30 s. */
export async function accepting(port: number, child: Child): Promise<void> {
  const limit = performance.now() + startLimitMs;
  while (!(await accepts(port))) {
    const failure = child.failure();
    if (failure !== undefined) throw new Error(failure);
    if (performance.now() > limit) throw new Error(`nothing listens on port ${port}`);
    await delay(2);
  }
}

/** A port on loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

type Spawned = ChildProcessByStdio<Writable, Readable, Readable>;

async function stopGroup(child: Spawned, ended: Promise<unknown>): Promise<void> {
  child.stdin.end();
  signalGroup(child, 'SIGTERM');
  const abort = new AbortController();
  const timeUp = delay(stopLimitMs, 'time is up', { signal: abort.signal }).catch(() => undefined);
  const first = await Promise.race([ended, timeUp]);
  abort.abort();
  signalGroup(child, 'SIGKILL'); // also what the first of the group has left behind
  if (first === 'time is up') await ended;
}

function signalGroup(child: Spawned, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the whole group has ended, which is what we want
  }
}
