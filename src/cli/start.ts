import { openGateway, type GatewayProcess } from '../gateway.js';
import { systemClock } from '../model/clock.js';
import { GatewayError } from '../model/errors.js';
import type { RejectedVerdict } from '../model/plan.js';
import { formatProblem } from '../model/problem.js';
import type { About } from '../observe/backend.js';
import { createLog, type Log } from '../observe/log/log.js';
import { openLogSink } from '../observe/log/sink.js';
import type { StartOptions } from './arguments.js';
import { exitCodes } from './exit-codes.js';
import { plain } from './terminal.js';

/** What the command needs of the process it runs in. */
export interface Host {
  readonly about: About;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUsec: () => bigint;
  /** Where a person reads what is wrong with the configuration. */
  err(text: string): void;
  onSignal(signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT' | 'SIGUSR1', handler: () => void): void;
}

/**
 * Runs the gateway until a signal ends it. Resolves with the exit code: 0 after a shutdown that was
 * asked for, 1 where it could not start, 78 where the configuration is wrong.
 */
export async function run(start: StartOptions, host: Host): Promise<number> {
  const clock = systemClock;
  const log = createLog({ level: 'info', format: 'auto' }, openLogSink(clock), clock);
  const gateway = await openGateway({
    ...{ origin: start, log, clock, about: host.about },
    ...{ env: host.env, monotonicUsec: host.monotonicUsec },
    random: Math.random,
  }).catch((error: unknown) => cannotOpen(error, log));
  if (gateway === undefined) return exitCodes.failure;
  const ended = shutdownSignal(host, gateway);
  const verdict = await Promise.race([gateway.start(), ended.asked]);
  if (verdict?.outcome === 'rejected') {
    await gateway.close();
    if (verdict.at !== 'configuration') return 1;
    host.err(`${refusal(verdict).map(plain).join('\n')}\n`);
    return 78;
  }
  await ended.asked;
  await Promise.race([gateway.drain(), ended.askedTwice]);
  await gateway.close();
  return 0;
}

/** What nobody can mend goes on as a defect. */
async function cannotOpen(error: unknown, log: Log): Promise<undefined> {
  if (!(error instanceof GatewayError)) throw error;
  log.error('cannot start', { reason: error.message });
  await log.close();
  return undefined;
}

/** Plain lines as `check` prints them, whatever the log's format. */
function refusal({ source, reason, problems }: RejectedVerdict): readonly string[] {
  if (problems.length === 0) return [`${source}: ${reason}`];
  return problems.map((problem) => formatProblem(source, problem));
}

interface Shutdown {
  readonly asked: Promise<undefined>;
  readonly askedTwice: Promise<undefined>;
}

function shutdownSignal(host: Host, gateway: GatewayProcess): Shutdown {
  let first: () => void = () => undefined;
  let second: () => void = () => undefined;
  const asked = new Promise<undefined>((resolve) => (first = () => resolve(undefined)));
  const askedTwice = new Promise<undefined>((resolve) => (second = () => resolve(undefined)));
  const terminate = () => {
    const next = first;
    first = second;
    next();
  };
  host.onSignal('SIGTERM', terminate);
  host.onSignal('SIGINT', terminate);
  host.onSignal('SIGHUP', () => void gateway.reload('SIGHUP'));
  host.onSignal('SIGUSR1', () => undefined); // handled, so that Node does not open its inspector
  return { asked, askedTwice };
}
