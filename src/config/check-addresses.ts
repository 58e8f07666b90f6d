import {
  addressKey,
  formatAddress,
  isLoopbackHost,
  parseEndpointAddress,
  parseListenAddress,
  type Address,
  type Parsed,
} from '../model/address.js';
import type { AdminTaken } from '../model/config.js';
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
  const gateways = gatewaysOf(file);
  const index = new ListenerIndex<Placed>();
  return [
    ...gateways.flatMap(([path, gateway]) => checkListeners(index, listenersOf(path, gateway))),
    ...checkAdmin(index, admin, recordIn(file.admin)),
    ...gateways.flatMap(([path, gateway]) => checkEndpoints(index, endpointsOf(path, gateway))),
  ];
}

/** A listener that has the admin server's default address; undefined: that is written, or free. */
export function adminTaken(file: RawRecord, effective: RawRecord): AdminTaken | undefined {
  if (recordIn(file.admin)['listen-addr'] !== undefined) return undefined;
  const [admin] = adminOf(recordIn(effective.admin));
  if (!admin) return undefined;
  const index = new ListenerIndex<Placed>();
  for (const listener of gatewaysOf(file).flatMap(([path, gateway]) =>
    listenersOf(path, gateway),
  )) {
    index.add(listener.address, listener);
  }
  const holder = index.holder(admin.address);
  return holder && { address: formatAddress(admin.address), by: formatPath(holder.path) };
}

function gatewaysOf(file: RawRecord): readonly (readonly [Path, RawRecord])[] {
  return Object.entries(recordIn(file.gateways)).map(([name, gateway]) => [
    ['gateways', name],
    recordIn(gateway),
  ]);
}

/** None: it is off, or none that the schema takes. */
function adminOf(admin: RawRecord): readonly Placed[] {
  return textsAt(['admin', 'listen-addr'], admin['listen-addr'])
    .flatMap(({ path, text }) => parsedAt(path, text, parseAdminAddress))
    .flatMap(({ path, address }) => (address ? [{ path, address }] : []));
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
  return [
    ...adminOf(admin).flatMap((server) => checkServer(index, server, written)),
    ...offs(admin),
  ];
}

/** `off` is no address among others. */
function offs(admin: RawRecord): readonly Finding[] {
  const texts = textsAt(['admin', 'listen-addr'], admin['listen-addr']);
  if (texts.length < 2) return [];
  return texts
    .filter(({ text }) => text === 'off')
    .map(({ path }) => finding(path, 'off is no address', 'write off alone, or leave it out'));
}

function checkServer(
  index: ListenerIndex<Placed>,
  server: Placed,
  written: RawRecord,
): readonly Finding[] {
  const { path, address } = server;
  const other = index.add(address, server);
  // the default address gives way: nobody has asked for it
  if (other !== undefined)
    return written['listen-addr'] === undefined ? [] : [taken(server, other)];
  if (address.kind === 'unix' || isLoopbackHost(address.host)) return [];
  if (written['token-file'] !== undefined) return [];
  const what = `${formatAddress(address)} can be reached from other machines and asks for no token`;
  const open = finding(path, what, 'write token-file beside it, or listen on 127.0.0.1');
  return [{ ...open, lacksIn: ['admin'] }];
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
    const what =
      listener.path[0] === 'admin'
        ? `${text} is where the admin server listens`
        : `${text} is a listener of this file, ${formatPath(listener.path)}`;
    return [finding(path, what, 'write the address of an etcd member')];
  });
}

function listenersOf(gateway: Path, values: RawRecord): Placed[] {
  return textsAt([...gateway, 'listen-addr'], values['listen-addr']).flatMap(({ path, text }) =>
    parsedAt(path, text, parseListenAddress),
  );
}

/** One, or a list. */
function textsAt(path: Path, written: unknown): { readonly path: Path; readonly text: unknown }[] {
  if (!Array.isArray(written)) return [{ path, text: written }];
  return written.map((text: unknown, at) => ({ path: [...path, at], text }));
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
