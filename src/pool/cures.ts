import type { HealthCheckSettings } from '../model/config.js';
import type { EjectionCause } from './upstream.js';

/**
 * Whether a passed check proves an upstream well that was ejected for `cause`. The kernel
 * accepts for a process that hangs, a gateway that reaches itself passes every check, and what another port
 * answers proves nothing of the port that clients are sent to.
 */
export function checkCures(
  { type, port }: Pick<HealthCheckSettings, 'type' | 'port'>,
  cause: EjectionCause,
): boolean {
  if (cause === 'health') return true; // with checks off, too: nothing speaks against it then
  if (cause === 'loop' || type === 'none' || port !== undefined) return false;
  return type !== 'tcp' || (cause !== 'hang' && cause !== 'early-end');
}
