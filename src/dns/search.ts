import { DnsError, type DnsFailure } from './errors.js';
import type { ResolvConf } from './resolv-conf.js';
import { canonicalName } from './wire.js';

/** RFC 1035, section 2.3.4, as text without the final dot. */
const longestName = 253;

/**
 * The absolute names that a name may stand for, in the order in which Go's resolver asks for them
 * (net/dnsclient_unix.go, `nameList`). A final dot turns the search off.
 */
export function namesToAsk(
  name: string,
  { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>,
): readonly string[] {
  const asItStands = canonicalName(name);
  if (name.endsWith('.')) return [asItStands];
  const searched = search
    .map((domain) => `${asItStands}.${domain}`)
    .filter(({ length }) => length <= longestName);
  const dots = asItStands.split('.').length - 1;
  return dots >= ndots ? [asItStands, ...searched] : [...searched, asItStands];
}

/**
 * Asks for one name after the other until an answer is `found`; else returns the last negative answer.
 * Servers that are silent about two names in a row are asked for no further one.
 * @throws DnsError if nothing was found and a name could not be asked for, or has no address.
 */
export async function searchFor<T>(
  names: readonly string[],
  ask: (name: string) => Promise<T>,
  found: (answer: T) => boolean,
): Promise<T> {
  let negative: T | undefined;
  let failure: DnsError | undefined;
  let wasSilent = false;
  for (const name of names) {
    try {
      const answer = await ask(name);
      if (found(answer)) return answer;
      negative = answer;
      wasSilent = false;
    } catch (error) {
      if (!(error instanceof DnsError) || error.failure === 'aborted') throw error;
      const isSilent = silences.has(error.failure);
      if (isSilent && wasSilent) throw error;
      wasSilent = isSilent;
      if (!failure || failure.failure === 'no-address') failure = error;
    }
  }
  if (failure || negative === undefined) throw failure ?? new Error('there is no name to ask for');
  return negative;
}

const silences: ReadonlySet<DnsFailure> = new Set(['timeout', 'unreachable']);
