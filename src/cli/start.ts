import type { GatewayProcess } from '../gateway-process.js';
import { openGateway } from '../gateway.js';
import { systemClock } from '../model/clock.js';
import { GatewayError } from '../model/errors.js';
import type { RejectedVerdict } from '../model/plan.js';
import { formatProblem } from '../model/problem.js';
import type { About } from '../observe/backend.js';
import { createLog, type Log } from '../observe/log/log.js';
import { openLogSink } from '../observe/log/sink.js';
import type { StartOptions } from './arguments.js';
import { endingSignals, idleSignals, type EndingSignal, type KeptSignal } from './early-signals.js';
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
  /** Also for one that has come already. */
  onSignal(signal: KeptSignal, handler: () => void): void;
  dieBy(signal: KeptSignal): void;
  /** Ends the process now. */
  exit(code: number): void;
  atExit(callback: () => void): void;
}

/**
 * Runs the gateway until a signal ends it. Resolves with the exit code: 0 after a shutdown that was
 * asked for, 1 where it could not start, 78 where the configuration is wrong.
 */
export async function run(start: StartOptions, host: Host): Promise<number> {
  const clock = systemClock;
  const log = createLog({ level: 'info', format: 'auto' }, openLogSink(clock), clock);
  nameOtherSignals(host, log);
  const gateway = await openGateway({
    ...{ origin: start, log, clock, about: host.about },
    ...{ env: host.env, monotonicUsec: host.monotonicUsec },
    random: Math.random,
    atExit: (callback) => host.atExit(callback),
    defect: (error) => {
      log.error('a defect has ended the data path', { reason: error.message, stack: error.stack });
      void log.close().then(() => host.exit(exitCodes.failure));
    },
  }).catch((error: unknown) => cannotOpen(error, log));
  if (gateway === undefined) return exitCodes.failure;
  const ended = shutdownSignal(host, gateway);
  const verdict = await Promise.race([gateway.start(), ended.asked]);
  if (typeof verdict !== 'string' && verdict.outcome === 'rejected') {
    await gateway.close();
    if (verdict.at !== 'configuration') return exitCodes.failure;
    host.err(`${refusal(verdict).map(plain).join('\n')}\n`);
    return exitCodes.badConfig;
  }
  const signal = await ended.asked;
  await Promise.race([gateway.drain(signal), ended.askedTwice]);
  await gateway.close();
  return exitCodes.ok;
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
  readonly asked: Promise<EndingSignal>;
  readonly askedTwice: Promise<EndingSignal>;
}

/** None of them ends the process, or passes, without a line. */
function nameOtherSignals(host: Host, log: Log): void {
  for (const signal of idleSignals) {
    let isTold = false;
    host.onSignal(signal, () => {
      if (!isTold) log.warn('this signal does nothing', { signal });
      isTold = true;
    });
  }
  host.onSignal('SIGABRT', () => {
    log.error('ended by a signal', { signal: 'SIGABRT' });
    void log.close().then(() => host.dieBy('SIGABRT'));
  });
}

function shutdownSignal(host: Host, gateway: GatewayProcess): Shutdown {
  let first: (signal: EndingSignal) => void = () => undefined;
  let second: (signal: EndingSignal) => void = () => undefined;
  const asked = new Promise<EndingSignal>((resolve) => (first = resolve));
  const askedTwice = new Promise<EndingSignal>((resolve) => (second = resolve));
  const terminate = (signal: EndingSignal) => {
    const next = first;
    first = second;
    next(signal);
  };
  for (const signal of endingSignals) host.onSignal(signal, () => terminate(signal));
  host.onSignal('SIGHUP', () => void gateway.reload('SIGHUP'));
  return { asked, askedTwice };
}
