import { checkAddresses } from './check-addresses.js';
import { checkGateway } from './check-gateway.js';
import { checkOrder } from './check-order.js';
import type { Finding } from './problem.js';
import { isRecord, recordIn } from './raw.js';

/**
 * What the schema cannot say: keys that contradict or need each other. `written` is the file's
 * value, `effective` the same with defaults; either may have any other mistake, so that all
 * mistakes of a file are reported at once.
 */
export function checkSemantics(written: unknown, effective: unknown): readonly Finding[] {
  const file = recordIn(written);
  const filled = recordIn(effective);
  const gateways = recordIn(filled.gateways);
  return [
    ...Object.entries(recordIn(file.gateways)).flatMap(([name, gateway]) =>
      isRecord(gateway) ? checkGateway(['gateways', name], gateway, recordIn(gateways[name])) : [],
    ),
    ...checkOrder(['dns'], recordIn(file.dns), recordIn(filled.dns), 'min-ttl', 'max-ttl'),
    ...checkAddresses(file, recordIn(filled.admin)),
  ];
}
