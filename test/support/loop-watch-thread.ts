import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
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
  /** Of the gateway's main thread, all the time. */
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
  const beginCpuMs = gatewayCpuMs(pid);
  let [bytes, worstCpuMs, worstMs] = [0, 0, 0];
  while (!closed) {
    const startMs = performance.now();
    const [startCpuMs, startDelayMs] = [gatewayCpuMs(pid), ownDelayMs()];
    socket.write('x');
    await once(socket, 'data');
    bytes += 1;
    worstMs = Math.max(worstMs, performance.now() - startMs);
    const spentMs = gatewayCpuMs(pid) - startCpuMs;
    worstCpuMs = Math.max(worstCpuMs, spentMs - (ownDelayMs() - startDelayMs));
    await sleep(1);
  }
  socket.destroy();
  return { bytes, totalCpuMs: gatewayCpuMs(pid) - beginCpuMs, worstCpuMs, worstMs };
}

/** Of the main thread alone. */
function gatewayCpuMs(pid: number): number {
  return schedulerMs(`/proc/${pid}/task/${pid}`)[0];
}

/** How long this thread stood in line for a CPU: meanwhile the gateway works on and delays nobody. */
function ownDelayMs(): number {
  return schedulerMs('/proc/thread-self')[1];
}

/** Time on a CPU and time in line for one; see proc(5) and the kernel's sched-stats.rst. */
function schedulerMs(task: string): [running: number, waiting: number] {
  const [running, waiting] = readFileSync(`${task}/schedstat`, 'utf8').split(' ');
  return [Number(running) / 1e6, Number(waiting) / 1e6];
}
