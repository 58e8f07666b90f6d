import { addressKey, formatAddress, parseEndpointAddress, type Address } from '../model/address.js';
import type { AdminTaken, Config } from '../model/config.js';
import { variableIn } from '../model/variables.js';
import { fillDefaults } from './defaults.js';
import { formats, valueOf, type FormatName } from './formats.js';
import { ListenerIndex } from './listener-index.js';
import { normalize } from './normalize.js';
import { schema, type EndpointEntry, type GatewayFile } from './schema.generated.js';

/** Values of etcd's flags as written; a name that was not written is absent. */
export interface EtcdFlags {
  readonly endpoints: readonly string[];
  readonly 'discovery-srv'?: string;
  readonly 'discovery-srv-name'?: string;
  readonly 'listen-addr'?: string;
  readonly 'retry-delay'?: string;
  readonly 'insecure-discovery'?: string;
  readonly 'trusted-ca-file'?: string;
}

export interface FlagMistake {
  readonly problem: string;
  /** What to write instead. */
  readonly hint: string;
}

export type FlagsConfig =
  | { readonly kind: 'config'; readonly config: Config }
  /** All that is wrong, in the order in which it was written. */
  | { readonly kind: 'usage'; readonly mistakes: readonly FlagMistake[] };

const defaultListener = '127.0.0.1:23790'; // as etcd's
const defaultEndpoint = '127.0.0.1:2379'; // as etcd's

/** The configuration that etcd's flags stand for: one gateway, `main`. Never throws. */
export function configFromFlags(flags: EtcdFlags): FlagsConfig {
  const mistakes: FlagMistake[] = [];
  const file = { gateways: { main: toGateway(flags, new FlagReader(mistakes)) } };
  if (mistakes.length > 0) return { kind: 'usage', mistakes };
  const filled = fillDefaults(schema, schema, file) as GatewayFile;
  const written = { adminAddress: false, dnsTimeout: false, adminTaken: adminTaken(filled) };
  return { kind: 'config', config: normalize(filled, written) };
}

/** There is no flag for the admin server's address: it gives way to each address that is written. */
function adminTaken({ gateways, admin }: GatewayFile): AdminTaken | undefined {
  const [text = 'off'] = [admin['listen-addr']].flat();
  const address = valueOf(formats['admin-address'](text));
  const { 'listen-addr': listeners = [], endpoints = [] } = gateways.main ?? {};
  if (!address) return undefined;
  const index = new ListenerIndex<string>();
  for (const text of [listeners].flat()) {
    index.add(valueOf(formats['listen-address'](text)), '--listen-addr');
  }
  const own = new ListenerIndex<string>();
  own.add(address, '--endpoints');
  const reached = (entry: EndpointEntry): string | undefined =>
    typeof entry === 'string'
      ? own.reachedBy(valueOf(formats['endpoint-address'](entry)))
      : undefined;
  const by = index.holder(address) ?? endpoints.map(reached).find((flag) => flag !== undefined);
  return by === undefined ? undefined : { address: formatAddress(address), by };
}

function toGateway(flags: EtcdFlags, read: FlagReader): Readonly<Record<string, unknown>> {
  const listener = read.text(
    'listen-addr',
    flags['listen-addr'] ?? defaultListener,
    'listen-address',
  );
  return {
    'listen-addr': listener,
    endpoints: endpoints(flags, listener, read),
    'retry-delay': retryDelay(flags, read),
    'discovery-srv': read.text('discovery-srv', flags['discovery-srv'], 'domain'),
    'discovery-srv-name': read.text(
      'discovery-srv-name',
      flags['discovery-srv-name'],
      'service-name',
    ),
    'insecure-discovery': flags['insecure-discovery'] === 'true',
    'trusted-ca-file': read.text('trusted-ca-file', flags['trusted-ca-file'], 'optional-file-path'),
  };
}

/** Those written, each once; the default only where nothing else says where etcd is. */
function endpoints(
  { endpoints: texts, 'discovery-srv': domain }: EtcdFlags,
  listener: string | undefined,
  read: FlagReader,
): readonly string[] {
  const listeners = new ListenerIndex<string>();
  if (listener !== undefined) {
    listeners.add(valueOf(formats['listen-address'](listener)), listener);
  }
  const isDefault = texts.length === 0 && !domain;
  const written = new Map<string, string>();
  for (const text of isDefault ? [defaultEndpoint] : texts) {
    const address = read.endpoint(text, listeners);
    if (!address || written.has(addressKey(address))) continue;
    written.set(addressKey(address), formatAddress(address));
  }
  return [...written.values()];
}

function retryDelay(flags: EtcdFlags, read: FlagReader): string | undefined {
  const text = read.text('retry-delay', flags['retry-delay'], 'go-duration');
  if (text === undefined || valueOf(formats['go-duration'](text)) >= 1) return text;
  read.refuse(`--retry-delay: ${text} is too little`, 'write 1ms or more');
  return undefined;
}

/** Answers with what is right, and gathers what is not. */
class FlagReader {
  readonly #mistakes: FlagMistake[];

  constructor(mistakes: FlagMistake[]) {
    this.#mistakes = mistakes;
  }

  refuse(problem: string, hint: string): void {
    this.#mistakes.push({ problem, hint });
  }

  /** The text itself, if its format is right. */
  text(flag: string, text: string | undefined, format: FormatName): string | undefined {
    if (text === undefined) return undefined;
    const parsed = formats[format](text);
    if (parsed.ok) return text;
    const { problem, hint } = variableIn(text) ?? parsed;
    this.refuse(`--${flag}: ${problem}`, hint);
    return undefined;
  }

  endpoint(text: string, listeners: ListenerIndex<string>): Address | undefined {
    const parsed = parseEndpointAddress(text);
    if (!parsed.ok) {
      this.refuse(`--endpoints: ${parsed.problem}`, parsed.hint);
      return undefined;
    }
    if (listeners.reachedBy(parsed.value) === undefined) return parsed.value;
    const what = `--endpoints: ${formatAddress(parsed.value)} is where the gateway listens itself`;
    this.refuse(what, 'write the address of an etcd member');
    return undefined;
  }
}
