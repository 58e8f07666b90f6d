import { GatewayError } from '../model/errors.js';

/** How an attempt to ask a server failed, as metrics and logs name it. */
export type DnsFailure =
  | 'timeout'
  | 'servfail'
  | 'refused'
  | 'formerr'
  | 'notimp'
  | 'rcode'
  | 'referral'
  | 'unreachable'
  | 'malformed'
  | 'aborted'
  | 'no-address';

/** A question that got no usable answer, positive or negative. Another try may get one. */
export class DnsError extends GatewayError {
  readonly failure: DnsFailure;

  constructor(failure: DnsFailure, message: string, cause?: unknown) {
    super(message, {
      code: `DNS_${failure.toUpperCase().replace('-', '_')}`,
      side: 'dns',
      cause,
    });
    this.name = 'DnsError';
    this.failure = failure;
  }
}
