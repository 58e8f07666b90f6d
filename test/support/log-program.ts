/**
 * A program that logs argv[2] lines to stderr, a hundred a turn of the event loop, flushes and ends.
 * Writes two lines of JSON to stdout: one when all is logged, one when the log is closed.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

import { systemClock } from '../../src/model/clock.js';
import { openLogSink } from '../../src/observe/log/sink.js';
import { createLog } from '../../src/observe/log/log.js';

export type LogReport = { readonly worstDelayMs: number } | { readonly closedAfterMs: number };

const count = Number(process.argv[2]);
const log = createLog({ level: 'info', format: 'auto' }, openLogSink(systemClock), systemClock);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
for (let i = 0; i < count; i += 1) {
  log.info('a line of the log', { i, endpoint: 'infra0.example.com:2379' });
  if (i % 100 === 0) await turn();
}
delay.disable();
report({ worstDelayMs: delay.max / 1e6 });
const started = performance.now();
await log.close();
report({ closedAfterMs: performance.now() - started });

function report(line: LogReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
