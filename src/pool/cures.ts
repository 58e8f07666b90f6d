import type { HealthCheckSettings } from '../model/config.js';
import type { EjectionCause } from './upstream.js';

/**
 * Whether a passed check of this type proves an upstream well that was ejected for `cause`. The kernel
 * accepts for a process that hangs, and a gateway that reaches itself passes every check.
 */
export function checkCures(type: HealthCheckSettings['type'], cause: EjectionCause): boolean {
  if (cause === 'health') return true; // with checks off, too: nothing speaks against it then
  if (cause === 'loop' || type === 'none') return false;
  return cause !== 'hang' || type !== 'tcp';
}
