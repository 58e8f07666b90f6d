import type { Fields, GatewayEvent, RefusalReason } from '../../model/events.js';

import { rounded, type LogLine } from './line.js';
import { reconciledLine } from './reconciled.js';

type LineOf<T extends GatewayEvent['type']> = (
  event: Extract<GatewayEvent, { readonly type: T }>,
) => LogLine;

/** An event as the line of the one who is woken by it: what happened, and what goes on regardless. */
export function lineOf(event: GatewayEvent): LogLine {
  const line = lines[event.type] as (event: GatewayEvent) => LogLine;
  return line(event);
}

const lines: { readonly [T in GatewayEvent['type']]: LineOf<T> } = {
  reconciled: ({ verdict }) => reconciledLine(verdict),

  'upstream-ejected': (event) =>
    warn('endpoint taken out of rotation', {
      ...fieldsOf(event),
      ...(event.retryInMs === undefined && { triedBy: 'health checks' }),
    }),
  'upstream-returned': (event) => info('endpoint back in rotation', fieldsOf(event)),
  'pool-down': ({ isOffered, ...event }) =>
    isOffered
      ? error('no endpoint is in rotation, each client is offered to all of them', fieldsOf(event))
      : error('no endpoint is in rotation, clients are refused as all drain', fieldsOf(event)),
  'pool-up': (event) => info('an endpoint is in rotation again', fieldsOf(event)),
  'health-checked': ({ ok, made, ...event }) =>
    debug(
      ok ? 'health check passed' : made ? 'health check failed' : 'health check could not be made',
      fieldsOf(event),
    ),
  'checks-impossible': (event) =>
    warn('health checks cannot be made, endpoints stay as they are', fieldsOf(event)),
  'checks-possible': (event) => info('health checks can be made again', fieldsOf(event)),

  'dial-connected': (event) => debug('endpoint dialed', fieldsOf(event)),
  'dial-failed': (event) =>
    event.limit === undefined
      ? debug('endpoint could not be dialed', fieldsOf(event))
      : warn('endpoint could not be dialed, this machine is at a limit', fieldsOf(event)),
  'session-closed': (event) => debug('session closed', fieldsOf(event)),
  'client-refused': (event) => warn(refusals[event.reason], fieldsOf(event)),

  'source-answered': (event) => debug('discovery answered', fieldsOf(event)),
  'source-failed': (event) =>
    event.kept > 0
      ? warn('discovery failed, its last answer stays in use', fieldsOf(event))
      : warn('discovery failed, it has not answered yet', fieldsOf(event)),
  'target-refused': (event) => warn('discovered endpoint left out', fieldsOf(event)),
  'host-resolved': (event) => debug('host name resolved', fieldsOf(event)),
  'host-failed': (event) =>
    event.kept > 0
      ? warn('host name does not resolve, its last addresses stay in use', fieldsOf(event))
      : warn('host name does not resolve, there is no address to dial yet', fieldsOf(event)),
  'dns-queried': (event) => debug('DNS server asked', fieldsOf(event)),

  'file-missing': (event) =>
    warn('configuration file cannot be read, what runs stays', fieldsOf(event)),
  'file-back': (event) => info('configuration file can be read again', fieldsOf(event)),

  notice: ({ level, message, fields }) => ({ level, message, fields }),
};

const refusals: Readonly<Record<RefusalReason, string>> = {
  'no-endpoint': 'client refused, no endpoint takes sessions',
  'all-failed': 'client refused, no endpoint could be connected',
  'max-sessions': 'client refused, max-sessions is reached',
  'fd-limit': 'client refused, the limit of open files is reached',
  denied: 'client refused, its address is not allowed',
  loop: 'client refused, it is the gateway itself',
};

/** All that the event carries, but its type: that is what the message says. */
function fieldsOf(event: { readonly type: string }): Fields {
  return rounded({ ...event, type: undefined });
}

function error(message: string, fields: Fields): LogLine {
  return { level: 'error', message, fields };
}

function warn(message: string, fields: Fields): LogLine {
  return { level: 'warn', message, fields };
}

function info(message: string, fields: Fields): LogLine {
  return { level: 'info', message, fields };
}

function debug(message: string, fields: Fields): LogLine {
  return { level: 'debug', message, fields };
}
