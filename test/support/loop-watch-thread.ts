import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

import { Upstream } from './upstream.js';

/** What is watched: a gateway's listener, and the process that it belongs to. */
export interface Watched {
  readonly port: number;
  readonly pid: number;
}

export interface WatchReport {
  readonly bytes: number;
  /** Of all threads of the gateway, all the time. */
  readonly totalCpuMs: number;
  readonly worstCpuMs: number;
  readonly worstMs: number;
}

/** The thread of loop-watch.ts: an upstream that echoes, and the client of it. */
if (!parentPort) throw new Error('this is the body of a thread');
const parent = parentPort;
const upstream = await Upstream.start();
parent.postMessage(upstream.address);
const [watched] = (await once(parent, 'message')) as [Watched];
let closed = false;
parent.once('message', () => (closed = true));
parent.postMessage(await watch(watched));
await upstream.close();

async function watch({ port, pid }: Watched): Promise<WatchReport> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const relaying = await relayingThread(socket, pid);
  const beginCpuMs = processCpuMs(pid);
  let [bytes, worstCpuMs, worstMs] = [0, 0, 0];
  while (!closed) {
    const startMs = performance.now();
    const [startCpuMs, startDelayMs] = [runningMs(relaying), ownDelayMs()];
    await roundTrip(socket);
    bytes += 1;
    worstMs = Math.max(worstMs, performance.now() - startMs);
    const spentMs = runningMs(relaying) - startCpuMs;
    worstCpuMs = Math.max(worstCpuMs, spentMs - (ownDelayMs() - startDelayMs));
    await sleep(1);
  }
  socket.destroy();
  return { bytes, totalCpuMs: processCpuMs(pid) - beginCpuMs, worstCpuMs, worstMs };
}

async function roundTrip(socket: Socket): Promise<void> {
  socket.write('x');
  await once(socket, 'data');
}

/** The thread of a process that runs most often while bytes go through it, and nothing else is to be done. */
async function relayingThread(socket: Socket, pid: number): Promise<string> {
  const before = new Map(threadsOf(pid).map((task) => [task, timesRun(task)]));
  for (let n = 0; n < 200; n += 1) await roundTrip(socket);
  const timesMore = (task: string): number => timesRun(task) - (before.get(task) ?? 0);
  const [most] = [...before.keys()].sort((a, b) => timesMore(b) - timesMore(a));
  if (most === undefined) throw new Error(`process ${pid} has no thread`);
  return most;
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`);
}

function processCpuMs(pid: number): number {
  return threadsOf(pid).reduce((sum, task) => sum + runningMs(task), 0);
}

function runningMs(task: string): number {
  return schedulerFigures(task)[0] / 1e6;
}

function timesRun(task: string): number {
  return schedulerFigures(task)[2];
}

/** How long this thread stood in line for a CPU: meanwhile the gateway works on and delays nobody. */
function ownDelayMs(): number {
  return schedulerFigures('/proc/thread-self')[1] / 1e6;
}

/** Nanoseconds on a CPU and in line for one, and how often it ran: the kernel's sched-stats.rst. */
function schedulerFigures(task: string): [running: number, waiting: number, times: number] {
  const figures = readFileSync(`${task}/schedstat`, 'utf8').split(' ').map(Number);
  return [figures[0] ?? 0, figures[1] ?? 0, figures[2] ?? 0];
}
