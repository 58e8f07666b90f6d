import { asksForTls } from '../etcd/explain.js';
import { authority, connectPeer, type PeerTls } from '../etcd/connect.js';
import { exchange } from '../etcd/http.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import { noTlsFiles, TlsContexts } from '../etcd/tls-files.js';
import type { HealthCheckSettings } from '../model/config.js';
import type { Clock } from '../model/ports.js';
import { readEtcdHealth } from './probe-etcd.js';
import { timed, type Finding, type ProbeResult, type ProbeTarget } from './probe-result.js';

/** One look at an upstream over one connection of its own. Never rejects. */
export type Probe = (
  target: ProbeTarget,
  settings: HealthCheckSettings,
  signal: AbortSignal,
) => Promise<ProbeResult>;

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
