import { GatewayError } from '../model/errors.js';
import type { State } from '../observe/admin/state.js';
import { adminName, askAdmin, parseBody, type AdminTarget } from './admin-client.js';

const answerTimeoutMs = 5_000;

/**
 * The state of a running gateway.
 * @throws GatewayError where there is none to be had.
 */
export async function fetchState(options: AdminTarget): Promise<State> {
  const { status, body } = await askAdmin(options, 'GET', '/api/v1/state', answerTimeoutMs);
  const state = status === 200 ? parseBody(body) : undefined;
  if (isState(state)) return state;
  const told =
    status === 401
      ? "it wants a token (give the gateway's admin.token-file with --token-file)"
      : `it answered ${status}: ${body.trim().slice(0, 200)}`;
  throw new GatewayError(`${adminName(options)} tells no state: ${told}`, {
    code: `HTTP${status}`,
    side: 'system',
  });
}

function isState(value: unknown): value is State {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
}
