import {
  addressKey,
  formatAddress,
  isLoopbackHost,
  parseEndpointAddress,
  parseListenAddress,
  type Address,
  type Parsed,
} from '../model/address.js';
import { parseAdminAddress } from './formats.js';
import { ListenerIndex } from './listener-index.js';
import { formatPath, type Finding, type Path } from './problem.js';
import { listIn, recordIn, type RawRecord } from './raw.js';

interface Placed {
  readonly path: Path;
  readonly address: Address;
}

/** Who listens where, over the whole file: nobody twice, and no endpoint is one of them. */
export function checkAddresses(file: RawRecord, admin: RawRecord): readonly Finding[] {
  const gateways = Object.entries(recordIn(file.gateways)).map(
    ([name, gateway]) => [['gateways', name], recordIn(gateway)] as const,
  );
  const index = new ListenerIndex<Placed>();
  return [
    ...gateways.flatMap(([path, gateway]) => checkListeners(index, listenersOf(path, gateway))),
    ...checkAdmin(index, admin, recordIn(file.admin)),
    ...gateways.flatMap(([path, gateway]) => checkEndpoints(index, endpointsOf(path, gateway))),
  ];
}

function checkListeners(index: ListenerIndex<Placed>, listeners: readonly Placed[]): Finding[] {
  return listeners.flatMap((listener) => {
    const other = index.add(listener.address, listener);
    return other === undefined ? [] : [taken(listener, other)];
  });
}

function taken(listener: Placed, other: Placed): Finding {
  const [mine, theirs] = [formatAddress(listener.address), formatAddress(other.address)];
  const covering = mine === theirs ? '' : `, which is ${theirs}`;
  return finding(
    listener.path,
    `${mine} is taken by ${formatPath(other.path)}${covering}`,
    'write another address or port',
  );
}

function checkAdmin(
  index: ListenerIndex<Placed>,
  admin: RawRecord,
  written: RawRecord,
): readonly Finding[] {
  const [parsed] = parsedAt(['admin', 'listen-addr'], admin['listen-addr'], parseAdminAddress);
  if (parsed?.address === undefined) return [];
  const { path, address } = parsed;
  const other = index.holder(address);
  if (other !== undefined) return [adminTaken({ path, address }, other, written)];
  if (address.kind === 'unix' || isLoopbackHost(address.host)) return [];
  if (written['token-file'] !== undefined) return [];
  const what = `${formatAddress(address)} can be reached from other machines and asks for no token`;
  const open = finding(path, what, 'write token-file beside it, or listen on 127.0.0.1');
  return [{ ...open, lacksIn: ['admin'] }];
}

/** The one that was written is blamed: the default address may be unknown to the user. */
function adminTaken(admin: Placed, other: Placed, written: RawRecord): Finding {
  if (written['listen-addr'] !== undefined) return taken(admin, other);
  const what = `${formatAddress(other.address)} is where the admin server listens`;
  return finding(other.path, what, 'write another port, or admin: { listen-addr: off }');
}

function checkEndpoints(
  index: ListenerIndex<Placed>,
  endpoints: readonly Placed[],
): readonly Finding[] {
  const seen = new Map<string, Path>();
  return endpoints.flatMap(({ path, address }) => {
    const text = formatAddress(address);
    const first = seen.get(addressKey(address));
    if (first !== undefined) {
      return [finding(path, `${text} is listed already, as ${formatPath(first)}`, 'remove one')];
    }
    seen.set(addressKey(address), path);
    const listener = index.reachedBy(address);
    if (listener === undefined) return [];
    const what = `${text} is a listener of this file, ${formatPath(listener.path)}`;
    return [finding(path, what, 'write the address of an etcd member')];
  });
}

function listenersOf(gateway: Path, values: RawRecord): Placed[] {
  const path = [...gateway, 'listen-addr'];
  const written = values['listen-addr'];
  if (!Array.isArray(written)) return parsedAt(path, written, parseListenAddress);
  return written.flatMap((text, at) => parsedAt([...path, at], text, parseListenAddress));
}

function endpointsOf(gateway: Path, values: RawRecord): Placed[] {
  return listIn(values.endpoints).flatMap((entry, at) => {
    const path = [...gateway, 'endpoints', at];
    return typeof entry === 'string'
      ? parsedAt(path, entry, parseEndpointAddress)
      : parsedAt([...path, 'addr'], recordIn(entry).addr, parseEndpointAddress);
  });
}

/** None if there is no address, or one that the schema refuses. */
function parsedAt<A extends Address | undefined>(
  path: Path,
  text: unknown,
  parse: (text: string) => Parsed<A>,
): { path: Path; address: A }[] {
  if (typeof text !== 'string') return [];
  const parsed = parse(text);
  return parsed.ok ? [{ path, address: parsed.value }] : [];
}

function finding(path: Path, what: string, hint: string): Finding {
  return { path, at: 'value', explain: () => ({ what, hint }) };
}
