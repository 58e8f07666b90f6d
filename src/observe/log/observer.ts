import type { GatewayEvent, Observer } from '../../model/events.js';
import type { RejectedVerdict, Verdict } from '../../model/plan.js';
import type { Clock } from '../../model/ports.js';

import { lineOf } from './events.js';
import type { LogLine } from './line.js';
import { RefusalLog } from './refusals.js';
import { ToldOnce } from './told.js';
import type { Log } from './log.js';

/** Turns events into log lines: a change of state once, a failure that goes on at debug. */
export class LogObserver {
  readonly #log: Log;
  readonly #refusals: RefusalLog;
  /** Why something fails at present, by what fails. */
  readonly #failing = new ToldOnce();
  /** The run that the latest verdict is of, if that has applied something. */
  #appliedIn: number | undefined;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#refusals = new RefusalLog(log, clock);
  }

  readonly observe: Observer = (event) => {
    if (event.type === 'client-refused' || (event.type === 'dial-failed' && event.limit)) {
      this.#refusals.add(event);
      return;
    }
    const isTold = event.type === 'session-closed' && this.#log.tellsSessions;
    if (debugOnly.has(event.type) && !this.#log.isDebug && !isTold) return;
    const { level, message, fields } = this.#inContext(event, lineOf(event));
    this.#log.write(level, message, fields);
  };

  /** Tells what is left to tell; to be called before the log is closed. Idempotent. */
  close(): void {
    this.#refusals.close();
  }

  #inContext(event: GatewayEvent, line: LogLine): LogLine {
    switch (event.type) {
      case 'session-closed':
        return this.#log.tellsSessions ? { ...line, level: 'info' } : line;
      case 'source-failed':
        return this.#once(sourceKey(event), event.reason, line);
      case 'source-answered':
        for (const target of event.endpoints) this.#failing.forget(`${sourceKey(event)} ${target}`);
        return this.#over(sourceKey(event), line, 'discovery answers again');
      case 'target-refused':
        return this.#once(`${sourceKey(event)} ${event.target}`, event.reason, line);
      case 'host-failed':
        return this.#once(`host ${event.host}`, event.reason, line);
      case 'host-resolved':
        return this.#over(`host ${event.host}`, line, 'host name resolves again');
      case 'reconciled':
        return this.#verdict(event.verdict, line);
      default:
        return line;
    }
  }

  #once(key: string, reason: string, line: LogLine): LogLine {
    return this.#failing.isNews(key, reason) ? line : { ...line, level: 'debug' };
  }

  #over(key: string, line: LogLine, message: string): LogLine {
    return this.#failing.forget(key) ? { ...line, level: 'info', message } : line;
  }

  /** A run that applies what a discovery says refuses the file after that, if it was refused before. */
  #verdict(verdict: Verdict, line: LogLine): LogLine {
    const hasEnded = this.#appliedIn !== undefined && this.#appliedIn !== verdict.reconcileId;
    if (hasEnded) this.#failing.forget(rejectedKey); // by an applied configuration
    this.#appliedIn = verdict.outcome === 'applied' ? verdict.reconcileId : undefined;
    if (verdict.outcome === 'rejected') return this.#rejected(verdict, line);
    if (verdict.outcome === 'unchanged') return this.#over(rejectedKey, line, acceptedAgain);
    this.#forgetGateways(verdict.plan.gateways.removed);
    return line;
  }

  /** A person who asks again gets an answer again, though not the whole of it. */
  #rejected({ asked, source, reason, problems }: RejectedVerdict, line: LogLine): LogLine {
    const content = JSON.stringify([source, reason, problems]);
    if (this.#failing.isNews(rejectedKey, content)) return line;
    const fields = { ...line.fields, problems: undefined };
    const level = asked ? 'warn' : 'debug';
    return { level, message: 'configuration is still refused, what runs stays', fields };
  }

  #forgetGateways(names: readonly string[]): void {
    for (const name of names) this.#failing.forgetAll(`source ${name} `);
  }
}

const rejectedKey = 'configuration';
const acceptedAgain = 'configuration is accepted again, it is what runs';

/** Frequent events: not worth a line's fields unless somebody wants them. */
const debugOnly: ReadonlySet<GatewayEvent['type']> = new Set([
  'session-closed',
  'dial-connected',
  'dial-failed',
  'health-checked',
  'dns-queried',
]);

function sourceKey({
  gateway,
  source,
}: {
  readonly gateway: string;
  readonly source: string;
}): string {
  return `source ${gateway} ${source}`;
}
