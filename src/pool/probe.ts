import type { Socket } from 'node:net';

import { asksForTls } from '../etcd/explain.js';
import { authority, connectPeer, endInOrder, type PeerTls } from '../etcd/connect.js';
import { exchange } from '../etcd/http.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import { noTlsFiles, type TlsContexts } from '../etcd/tls-files.js';
import type { Address } from '../model/address.js';
import type { HealthCheckSettings } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { itself } from './dial-failure.js';
import { readEtcdHealth } from './probe-etcd.js';
import { timed, type Finding, type ProbeResult, type ProbeTarget } from './probe-result.js';

/** One look at an upstream over one connection of its own. Never rejects. */
export type Probe = (
  target: ProbeTarget,
  settings: HealthCheckSettings,
  signal: AbortSignal,
) => Promise<ProbeResult>;

/** What in the settings keeps checks from being made, such as a key file that is gone. Never rejects. */
export type Obstacle = (settings: HealthCheckSettings) => Promise<string | undefined>;

export function createObstacle(contexts: TlsContexts): Obstacle {
  return (settings) =>
    isTls(settings)
      ? contexts.context(settings.tls ?? noTlsFiles).then(() => undefined, errorMessage)
      : Promise.resolve(undefined);
}

/**
 * The probe of `health-check`: `tcp` connects; `tls` completes a handshake and verifies the
 * certificate; `etcd` also asks `GET /health` and believes the answer. With `tls` settings `etcd`
 * speaks https, else http.
 */
export function createProbe(clock: Clock, contexts: TlsContexts): Probe {
  return async (upstream, settings, signal) => {
    const target = atPort(upstream, settings.port);
    let socket: Socket | undefined;
    const result = await timed(clock, isTls(settings), () =>
      withTimeLimit(clock, settings.timeoutMs, signal, async (limited) => {
        const tls = isTls(settings) ? await peerTls(contexts, settings) : undefined;
        socket = await connectPeer(target, tls, limited);
        return settings.type === 'etcd' ? askHealth(socket, target, tls, limited) : passed;
      }),
    );
    // How long the end takes is no part of the verdict.
    if (socket) await endInOrder(socket, clock, signal);
    return result;
  };
}

/** The same, but no probe of this process's own addresses: whoever answers there is no etcd. */
export function notOfItself(probe: Probe, isSelf: (address: Address) => boolean): Probe {
  return async (target, settings, signal) => {
    if (!isSelf(atPort(target, settings.port).address)) return probe(target, settings, signal);
    return { ok: false, reason: itself.reason, durationMs: 0, conclusive: true };
  };
}

const passed: Finding = { ok: true, reason: '' };
const largestHealthBytes = 64 * 1024;

async function askHealth(
  socket: Socket,
  target: ProbeTarget,
  tls: PeerTls | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const wanted = { method: 'GET', path: '/health', host: authority(target) } as const;
  const answer = await exchange(socket, { ...wanted, maxBytes: largestHealthBytes }, signal);
  if (tls === undefined && asksForTls(answer.status, answer.body)) {
    return { ok: false, reason: 'asks for TLS (set tls)' };
  }
  return readEtcdHealth(answer);
}

function atPort(target: ProbeTarget, port: number | undefined): ProbeTarget {
  const { address } = target;
  if (port === undefined || address.kind === 'unix') return target;
  return { ...target, address: { ...address, port } };
}

function isTls({ type, tls }: HealthCheckSettings): boolean {
  return type === 'tls' || (type === 'etcd' && tls !== undefined);
}

async function peerTls(contexts: TlsContexts, settings: HealthCheckSettings): Promise<PeerTls> {
  const files = settings.tls ?? noTlsFiles;
  return { context: await contexts.context(files), serverName: files.serverName };
}
