import { asksForTls, explainFailure } from '../etcd/explain.js';
import { authority, connectPeer, type Peer, type PeerTls } from '../etcd/connect.js';
import { exchange } from '../etcd/http.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import { noTlsFiles, TlsContexts } from '../etcd/tls-files.js';
import type { HealthCheckSettings } from '../model/config.js';
import { errorCode, GatewayError } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { readEtcdHealth } from './probe-etcd.js';

/** The address to probe and the name that it was resolved from. */
export type ProbeTarget = Peer;

export interface ProbeResult {
  readonly ok: boolean;
  /** Why it is not ok; empty if it is. */
  readonly reason: string;
  readonly durationMs: number;
  /** False: the failure is this process's own (its TLS files, its limits) and proves nothing. */
  readonly conclusive: boolean;
}

/** One look at an upstream over one connection of its own. Never rejects. */
export type Probe = (
  target: ProbeTarget,
  settings: HealthCheckSettings,
  signal: AbortSignal,
) => Promise<ProbeResult>;

/** What a check found, before it is timed. */
export interface Finding {
  readonly ok: boolean;
  readonly reason: string;
}

/**
 * The probe of `health-check`: `tcp` connects; `tls` completes a handshake and verifies the
 * certificate; `etcd` also asks `GET /health` and believes the answer. With `tls` settings `etcd`
 * speaks https, else http.
 */
export function createProbe(clock: Clock): Probe {
  const contexts = new TlsContexts(clock);
  return (target, settings, signal) =>
    timed(clock, isTls(settings), () =>
      withTimeLimit(clock, settings.timeoutMs, signal, (limited) =>
        check(contexts, target, settings, limited),
      ),
    );
}

/** Runs a check and makes a result of whatever comes out, errors included. */
export async function timed(
  clock: Clock,
  usesTls: boolean,
  work: () => Promise<Finding>,
): Promise<ProbeResult> {
  const startedMs = clock.nowMs();
  const since = (): number => clock.nowMs() - startedMs;
  try {
    const { ok, reason } = await work();
    return { ok, reason, durationMs: since(), conclusive: true };
  } catch (error) {
    const reason = explainFailure(error, usesTls);
    return { ok: false, reason, durationMs: since(), conclusive: !isOurs(error) };
  }
}

const passed: Finding = { ok: true, reason: '' };
const largestHealthBytes = 64 * 1024;

async function check(
  contexts: TlsContexts,
  target: ProbeTarget,
  settings: HealthCheckSettings,
  signal: AbortSignal,
): Promise<Finding> {
  if (settings.type === 'none') return passed;
  const tls = isTls(settings) ? await peerTls(contexts, settings) : undefined;
  const socket = await connectPeer(target, tls, signal);
  if (settings.type === 'etcd') return askHealth();
  socket.destroy();
  return passed;

  async function askHealth(): Promise<Finding> {
    const wanted = { method: 'GET', path: '/health', host: authority(target) } as const;
    const answer = await exchange(socket, { ...wanted, maxBytes: largestHealthBytes }, signal);
    if (tls === undefined && asksForTls(answer.status, answer.body)) {
      return { ok: false, reason: 'asks for TLS (set tls)' };
    }
    return readEtcdHealth(answer);
  }
}

function isTls({ type, tls }: HealthCheckSettings): boolean {
  return type === 'tls' || (type === 'etcd' && tls !== undefined);
}

async function peerTls(contexts: TlsContexts, settings: HealthCheckSettings): Promise<PeerTls> {
  const files = settings.tls ?? noTlsFiles;
  return { context: await contexts.context(files), serverName: files.serverName };
}

/** No more descriptors, memory or ports here; see connect(2) and socket(2). */
const ourLimits = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EACCES']);

function isOurs(error: unknown): boolean {
  if (error instanceof GatewayError) return error.side === 'config' || error.side === 'system';
  return ourLimits.has(errorCode(error));
}
