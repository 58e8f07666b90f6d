import type { GatewayEvent } from '../../model/events.js';
import type { Sample } from '../admin/sample.js';
import type { ToldEvent } from './timeline-text.js';

export interface StreamHandlers {
  readonly onEvent: (event: ToldEvent) => void;
  readonly onSample: (sample: Sample) => void;
  readonly onLink: (connected: boolean) => void;
}

/** The compiler asks for each kind here once there is a new one. */
const told: Readonly<Record<GatewayEvent['type'], boolean>> = {
  reconciled: true,
  'upstream-ejected': true,
  'upstream-returned': true,
  'pool-down': true,
  'pool-up': true,
  'checks-impossible': true,
  'checks-possible': true,
  'source-answered': true,
  'source-failed': true,
  'target-refused': true,
  'host-failed': true,
  'host-resolved': true,
  'file-missing': true,
  'file-back': true,
  notice: true,
  'dial-connected': false,
  'dial-failed': false,
  'session-closed': false,
  'client-refused': false,
  'health-checked': false,
  'dns-queried': false,
};

const reopenMs = 3_000;
const silentMs = 5_000;

/** Follows the event stream for as long as the page lives; a silent one is opened anew. */
export function follow(handlers: StreamHandlers): void {
  const source = new EventSource('/api/v1/events');
  let watchdog = setTimeout(reopen, silentMs);
  function reopen(): void {
    clearTimeout(watchdog);
    source.close();
    handlers.onLink(false);
    setTimeout(() => follow(handlers), reopenMs);
  }
  source.onopen = () => handlers.onLink(true);
  source.onerror = () => reopen();
  source.addEventListener('sample', (message: MessageEvent<string>) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(reopen, silentMs);
    handlers.onSample(JSON.parse(message.data) as Sample);
  });
  for (const [type, isTold] of Object.entries(told)) {
    if (!isTold) continue;
    source.addEventListener(type, (message: MessageEvent<string>) => {
      handlers.onEvent(JSON.parse(message.data) as ToldEvent);
    });
  }
}
