import { formatAddress, parseEndpointAddress, type Address } from '../model/address.js';
import type { Config } from '../model/config.js';
import { fillDefaults } from './defaults.js';
import { formats, valueOf, type FormatName } from './formats.js';
import { ListenerIndex } from './listener-index.js';
import { normalize } from './normalize.js';
import { schema, type GatewayFile } from './schema.generated.js';

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

export type FlagsConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'usage'; readonly problem: string; readonly hint: string };

const defaultListener = '127.0.0.1:23790'; // as etcd's
const defaultEndpoint = '127.0.0.1:2379'; // as etcd's

class FlagError extends Error {
  constructor(
    readonly problem: string,
    readonly hint: string,
  ) {
    super(problem);
  }
}

/** The configuration that etcd's flags stand for: one gateway, `main`. Never throws. */
export function configFromFlags(flags: EtcdFlags): FlagsConfig {
  try {
    const file = { gateways: { main: toGateway(flags) } };
    const filled = fillDefaults(schema, schema, file) as GatewayFile;
    return { kind: 'config', config: normalize(filled, false) };
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return { kind: 'usage', problem: error.problem, hint: error.hint };
  }
}

function toGateway(flags: EtcdFlags): Readonly<Record<string, unknown>> {
  const listener = flags['listen-addr'] ?? defaultListener;
  check('listen-addr', listener, 'listen-address');
  return {
    'listen-addr': listener,
    endpoints: endpoints(flags, listener),
    'retry-delay': retryDelay(flags),
    'discovery-srv': check('discovery-srv', flags['discovery-srv'], 'domain'),
    'discovery-srv-name': check('discovery-srv-name', flags['discovery-srv-name'], 'service-name'),
    'insecure-discovery': flags['insecure-discovery'] === 'true',
    'trusted-ca-file': check('trusted-ca-file', flags['trusted-ca-file'], 'optional-file-path'),
  };
}

/** Those written, each once; the default only where nothing else says where etcd is. */
function endpoints(flags: EtcdFlags, listener: string): readonly string[] {
  const listeners = new ListenerIndex<string>();
  listeners.add(valueOf(formats['listen-address'](listener)), listener);
  const written = new Set(flags.endpoints.map((text) => formatAddress(endpoint(text, listeners))));
  if (written.size > 0 || flags['discovery-srv']) return [...written];
  endpoint(defaultEndpoint, listeners);
  return [defaultEndpoint];
}

function endpoint(text: string, listeners: ListenerIndex<string>): Address {
  const parsed = parseEndpointAddress(text);
  if (!parsed.ok) throw new FlagError(`--endpoints: ${parsed.problem}`, parsed.hint);
  if (listeners.reachedBy(parsed.value) === undefined) return parsed.value;
  const what = `--endpoints: ${formatAddress(parsed.value)} is where the gateway listens itself`;
  throw new FlagError(what, 'write the address of an etcd member');
}

function retryDelay(flags: EtcdFlags): string | undefined {
  const text = check('retry-delay', flags['retry-delay'], 'go-duration');
  if (text === undefined || valueOf(formats['go-duration'](text)) >= 1) return text;
  throw new FlagError(`--retry-delay: ${text} is too little`, 'write 1ms or more');
}

/** The text itself, once its format is right. */
function check(flag: string, text: string | undefined, format: FormatName): string | undefined {
  if (text === undefined) return undefined;
  const parsed = formats[format](text);
  if (parsed.ok) return text;
  throw new FlagError(`--${flag}: ${parsed.problem}`, parsed.hint);
}
