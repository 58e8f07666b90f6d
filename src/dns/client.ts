import { randomInt } from 'node:crypto';
import type { DecodedPacket } from 'dns-packet';
import type { DnsSettings } from '../model/config.js';
import type { Observer } from '../model/events.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { formatAddress } from '../model/address.js';
import { isLoopback } from '../model/local-addresses.js';
import { readAnswer, type Answer, type RecordData } from './answer.js';
import { EdnsMemory } from './edns-memory.js';
import { DnsError, type DnsFailure } from './errors.js';
import { askOverTcp, askOverUdp, type Exchange } from './exchange.js';
import { ResolvConfFile, type ResolvConf } from './resolv-conf.js';
import { namesToAsk } from './search.js';
import { ServerOrder, type Try } from './server-order.js';
import { parseServer, type DnsServer } from './servers.js';
import { Turns } from './turns.js';
import { canonicalName, type Question, type RecordType } from './wire.js';

export interface DnsClientDeps {
  readonly clock: Clock;
  readonly observer: Observer;
  /** By default the system's. */
  readonly resolvConf?: Pick<ResolvConfFile, 'content'>;
}

export interface QueryOptions {
  /** Servers and the time one of them has for its first answer. */
  readonly settings: DnsSettings;
  readonly signal: AbortSignal;
}

/**
 * Asks DNS servers itself: `node:dns` gives no TTL for SRV. Stub resolver of RFC 1035 with EDNS0,
 * TCP for long answers, aliases and negative TTLs. Opens sockets only while a query is under way.
 */
export class DnsClient {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #timeouts: Turns;
  readonly #order: ServerOrder;
  readonly #edns: EdnsMemory;
  readonly #resolvConf: Pick<ResolvConfFile, 'content'>;
  /** Queries that began with another server each, where resolv.conf asks for that. */
  #rotations = 0;

  constructor({ clock, observer, resolvConf = new ResolvConfFile(observer) }: DnsClientDeps) {
    this.#clock = clock;
    this.#observer = observer;
    this.#resolvConf = resolvConf;
    this.#timeouts = new Turns(clock);
    this.#order = new ServerOrder(clock);
    this.#edns = new EdnsMemory(clock);
  }

  /** The absolute names to ask for where this one is wanted, in order: resolv.conf's search. */
  async namesOf(name: string): Promise<readonly string[]> {
    return namesToAsk(name, await this.#resolvConf.content());
  }

  /**
   * What an absolute name has of one type, with or without its final dot.
   * @throws DnsError if no server gave an answer, positive or negative; the message has each one's reason.
   */
  async query<T extends RecordType>(
    name: string,
    type: T,
    options: QueryOptions,
  ): Promise<Answer<RecordData[T]>> {
    let question = { name: canonicalName(name), type };
    let aliasTtlMs = Infinity;
    const followed = new Set<string>();
    for (;;) {
      const reply = await this.#askServers(question, options);
      const answer = readAnswer(reply, question, followed);
      if (answer.kind !== 'alias') {
        const isFromAfar = await this.#isFarAway(options.settings);
        return { ...shortened(answer, aliasTtlMs), ...(isFromAfar && { isFromAfar }) };
      }
      aliasTtlMs = Math.min(aliasTtlMs, answer.ttlMs);
      question = { name: answer.target, type };
    }
  }

  async #askServers(question: Question, options: QueryOptions): Promise<DecodedPacket> {
    const conf = await this.#resolvConf.content();
    const servers = this.#serversOf(options.settings, conf);
    const failures = new Map<string, DnsError>();
    for await (const each of this.#order.tries(servers, options.signal, conf.attempts)) {
      try {
        return await this.#askServer(each, question, options, conf);
      } catch (error) {
        if (!(error instanceof DnsError) || error.failure === 'aborted') throw error;
        failures.set(textOf(each.server), error);
      }
    }
    throw everyServerFailed(servers, failures);
  }

  async #isFarAway(settings: DnsSettings): Promise<boolean> {
    const servers = allServers(settings, await this.#resolvConf.content());
    return !servers.every(({ host }) => isLoopback(host) && !forwarders.has(host));
  }

  /** The configured ones, else the system's, in the order in which this query asks them. */
  #serversOf(settings: DnsSettings, conf: ResolvConf): readonly DnsServer[] {
    const all = allServers(settings, conf);
    if (!conf.rotate) return all;
    const first = this.#rotations++ % all.length;
    return [...all.slice(first), ...all.slice(0, first)];
  }

  async #askServer(
    { server, patience }: Try,
    question: Question,
    { settings, signal }: QueryOptions,
    conf: ResolvConf,
  ): Promise<DecodedPacket> {
    const startedMs = this.#clock.nowMs();
    const exchange: Exchange = {
      server,
      query: { id: randomInt(0x10000), question },
      limitMs: timeoutMs(settings, conf) * patience,
      overTcp: conf.overTcp,
      signal,
      clock: this.#clock,
      timeouts: this.#timeouts,
    };
    try {
      const reply = await exchangeWith(exchange, this.#edns);
      this.#order.answered(server);
      this.#report(server, question, outcomeOf(reply), startedMs);
      return reply;
    } catch (error) {
      if (error instanceof DnsError) this.#failed(server, question, error.failure, startedMs);
      throw error;
    }
  }

  #failed(server: DnsServer, question: Question, failure: DnsFailure, startedMs: number): void {
    if (failure === 'aborted') return;
    this.#order.failed(server, failure);
    this.#report(server, question, failure, startedMs);
  }

  #report(server: DnsServer, question: Question, outcome: string, startedMs: number): void {
    const { name, type: recordType } = question;
    const durationMs = this.#clock.nowMs() - startedMs;
    const asked = { server: textOf(server), name, recordType };
    this.#observer({ type: 'dns-queried', ...asked, outcome, durationMs });
  }
}

/** Asks a server that may not know EDNS0 in the way that has worked, and in both where none has. */
async function exchangeWith(exchange: Exchange, memory: EdnsMemory): Promise<DecodedPacket> {
  const { server } = exchange;
  const known = memory.of(server);
  const edns = known ?? true;
  const reply = await askHearing(exchange, edns, memory);
  if (failureOf(reply) === undefined) memory.answered(server, edns);
  else if (known !== undefined) memory.forget(server);
  if (!edns || !mayBeEdnsRefusal(reply, known)) return judged(reply);
  const plain = await askHearing(exchange, false, memory);
  if (failureOf(plain) === undefined) memory.answered(server, false);
  return judged(plain);
}

async function askHearing(
  exchange: Exchange,
  edns: boolean,
  memory: EdnsMemory,
): Promise<DecodedPacket> {
  try {
    const heard = exchange.overTcp ? undefined : await askOverUdp(exchange, edns);
    return heard?.kind === 'reply' ? heard.reply : await askOverTcp(exchange, edns);
  } catch (error) {
    if (error instanceof DnsError && error.failure === 'timeout') {
      memory.silent(exchange.server, edns);
    }
    throw error;
  }
}

/** @throws DnsError where the reply is no answer, positive or negative */
function judged(reply: DecodedPacket): DecodedPacket {
  const failure = failureOf(reply);
  if (failure) throw new DnsError(failure, reply.rcode === 'NOERROR' ? failure : reply.rcode);
  return reply;
}

/**
 * RFC 6891, section 7: what a server says that does not know EDNS0. Others say SERVFAIL or REFUSED,
 * which counts only until the server has answered with EDNS0.
 */
function mayBeEdnsRefusal({ rcode }: DecodedPacket, known: boolean | undefined): boolean {
  if (rcode === 'SERVFAIL' || rcode === 'REFUSED') return known === undefined;
  return rcode === 'FORMERR' || rcode === 'NOTIMP' || rcode === 'BADVERS';
}

const failuresByRcode: Readonly<Record<string, DnsFailure>> = {
  SERVFAIL: 'servfail',
  REFUSED: 'refused',
  FORMERR: 'formerr',
  NOTIMP: 'notimp',
};

function failureOf(reply: DecodedPacket): DnsFailure | undefined {
  if (reply.rcode === 'NXDOMAIN') return undefined;
  if (reply.rcode !== 'NOERROR') return failuresByRcode[reply.rcode] ?? 'rcode';
  return isReferral(reply) ? 'referral' : undefined;
}

/** "Ask over there", from a server that does not do it for us: no answer about the name. */
function isReferral(reply: DecodedPacket): boolean {
  const { answers, authorities, flag_aa: authoritative, flag_ra: recursive } = reply;
  if (answers.length > 0 || authoritative || recursive) return false;
  return (
    authorities.some(({ type }) => type === 'NS') && !authorities.some(({ type }) => type === 'SOA')
  );
}

function outcomeOf(reply: DecodedPacket): string {
  if (reply.rcode === 'NXDOMAIN') return 'nxdomain';
  return reply.answers.length > 0 ? 'answer' : 'nodata';
}

function shortened<T>(answer: Answer<T>, aliasTtlMs: number): Answer<T> {
  if (answer.ttlMs === undefined) return answer;
  return { ...answer, ttlMs: Math.min(answer.ttlMs, aliasTtlMs) };
}

function everyServerFailed(
  servers: readonly DnsServer[],
  failures: ReadonlyMap<string, DnsError>,
): DnsError {
  const reasons = [...new Set(servers.map(textOf))].map(
    (server) => `DNS server ${server}: ${errorMessage(failures.get(server))}`,
  );
  const last = [...failures.values()].at(-1);
  return new DnsError(last?.failure ?? 'aborted', reasons.join('; '), last);
}

/** What the user wrote counts before resolv.conf, and that before the default. */
function timeoutMs(settings: DnsSettings, conf: ResolvConf): number {
  return settings.isTimeoutWritten ? settings.timeoutMs : (conf.timeoutMs ?? settings.timeoutMs);
}

function textOf(server: DnsServer): string {
  return formatAddress({ kind: 'tcp', ...server });
}

function allServers({ servers }: DnsSettings, conf: ResolvConf): readonly DnsServer[] {
  return servers.length > 0 ? servers.map(parseServer) : conf.servers;
}

/** On this machine, and known to pass on what others say: systemd-resolved, and Docker's server in containers. */
const forwarders: ReadonlySet<string> = new Set(['127.0.0.53', '127.0.0.54', '127.0.0.11']);
