import { cleanText } from '../etcd/explain.js';
import type { HttpAnswer } from '../etcd/http.js';
import { parseJsonObject } from '../etcd/json.js';
import type { Finding } from './probe-result.js';

/**
 * The verdict in an answer of etcd's `/health` (etcdserver/api/etcdhttp): 200 with
 * `{"health":"true"}`, or 503 with "false" and, since 3.5, why: `ALARM NOSPACE`, `RAFT NO LEADER`.
 */
export function readEtcdHealth({ status, body }: HttpAnswer): Finding {
  const answer = parseJsonObject(body);
  const healthy = answer?.health;
  if (status === 200 && (healthy === 'true' || healthy === true)) return { ok: true, reason: '' };
  if (healthy === undefined) {
    return { ok: false, reason: `HTTP ${status} without a health verdict: is this an etcd?` };
  }
  const why = answer?.reason;
  return {
    ok: false,
    reason:
      typeof why === 'string' && why !== ''
        ? `etcd reports ${spoken(cleanText(why))}`
        : `etcd reports itself unhealthy (HTTP ${status}): an alarm, or no leader`,
  };
}

/** etcd shouts: `ALARM NOSPACE` reads better as `alarm NOSPACE`. */
function spoken(reason: string): string {
  return reason.replace(/^ALARM /, 'alarm ');
}
