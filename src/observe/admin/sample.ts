import type { GatewayView } from '../../model/views.js';

/** Figures of the moment, for drawing rates: the totals fall when an upstream leaves. */
export interface Sample {
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly ready: boolean;
  readonly gateways: readonly GatewaySample[];
}

export interface GatewaySample {
  readonly name: string;
  readonly dialing: number;
  readonly sessions: number;
  readonly sessionsOpened: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export function sampleGateway({ name, dialing, upstreams }: GatewayView): GatewaySample {
  const total = { name, dialing, sessions: 0, sessionsOpened: 0, bytesSent: 0, bytesReceived: 0 };
  for (const { sessions, counters } of upstreams) {
    total.sessions += sessions;
    total.sessionsOpened += counters.sessionsOpened;
    total.bytesSent += counters.bytesSent;
    total.bytesReceived += counters.bytesReceived;
  }
  return total;
}
