import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.js';
import type { EtcdFlags } from '../config/flags.js';
import { nearest } from '../config/nearest.js';
import { parseListenAddress } from '../model/address.js';
import type { Config } from '../model/config.js';
import type { AdminTarget } from './admin-client.js';
import type { EventsOptions } from './events.js';
import type { DrainOptions } from './drain.js';
import type { CloseOptions, SessionsOptions } from './sessions.js';

/** What `start` runs: a file that is followed, or a configuration made of flags. */
export type StartOptions =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'flags'; readonly config: Config };

export interface StatusOptions extends AdminTarget {
  /** The one that is shown; absent: all. */
  readonly gateway?: string;
  readonly json: boolean;
  readonly watch: boolean;
}

export interface ReloadOptions extends AdminTarget {
  /** Only says what would change. */
  readonly dryRun?: true;
}

export interface CheckOptions {
  /** `-`: standard input. */
  readonly path: string;
  readonly strict: boolean;
  /** The running gateway that the file is compared with; absent: none. */
  readonly against?: AdminTarget;
}

/** A command line, understood. `usage` is one that was not. */
export type Arguments =
  | { readonly command: 'start'; readonly config?: string; readonly flags?: EtcdFlags }
  | { readonly command: 'check'; readonly options: CheckOptions }
  | { readonly command: 'reload'; readonly options: ReloadOptions }
  | { readonly command: 'status'; readonly options: StatusOptions }
  | { readonly command: 'drain' | 'undrain'; readonly options: DrainOptions }
  | { readonly command: 'sessions'; readonly options: SessionsOptions }
  | { readonly command: 'close-sessions'; readonly options: CloseOptions }
  | { readonly command: 'events'; readonly options: EventsOptions }
  | { readonly command: 'schema' }
  | { readonly command: 'version' }
  | { readonly command: 'help'; readonly topic: CommandName | undefined }
  | { readonly command: 'nothing' }
  | { readonly command: 'usage'; readonly problem: string; readonly hint: string };

export const defaultConfigFile = '/etc/etcd-gateway.yaml';

export const commandNames = [
  ...(['start', 'check', 'reload', 'status', 'events', 'sessions'] as const),
  ...(['drain', 'undrain', 'schema', 'version', 'help'] as const),
] as const;
export type CommandName = (typeof commandNames)[number];

const etcdFlagNames = [
  'endpoints',
  'discovery-srv',
  'discovery-srv-name',
  'listen-addr',
  'retry-delay',
  'insecure-discovery',
  'trusted-ca-file',
] as const;

const optionTypes = {
  config: { type: 'string' },
  endpoints: { type: 'string' },
  'discovery-srv': { type: 'string' },
  'discovery-srv-name': { type: 'string' },
  'listen-addr': { type: 'string' },
  'retry-delay': { type: 'string' },
  'insecure-discovery': { type: 'boolean' },
  'trusted-ca-file': { type: 'string' },
  admin: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
  watch: { type: 'boolean' },
  follow: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  against: { type: 'boolean' },
  strict: { type: 'boolean' },
  wait: { type: 'boolean' },
  timeout: { type: 'string' },
  endpoint: { type: 'string' },
  'older-than': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

interface Value {
  readonly value: string | undefined;
  /** Whether it stands behind `=`. */
  readonly inlineValue: boolean | undefined;
}

type OptionName = keyof typeof optionTypes;

/** Of commands that talk to a running gateway. */
const adminOptions = ['admin', 'config', 'token-file'] as const;

const commandOptions: Readonly<Record<CommandName, readonly OptionName[]>> = {
  start: ['config', ...etcdFlagNames],
  check: ['strict', 'against', ...adminOptions],
  reload: [...adminOptions, 'dry-run'],
  status: [...adminOptions, 'json', 'watch'],
  events: [...adminOptions, 'follow', 'json'],
  sessions: [...adminOptions, 'json', 'endpoint', 'older-than'],
  drain: [...adminOptions, 'wait', 'timeout'],
  undrain: [...adminOptions],
  schema: [],
  version: [],
  help: [],
};

/** Options as written, in order. */
type Written = ReadonlyMap<OptionName, readonly string[]>;

class UsageError extends Error {
  constructor(
    readonly problem: string,
    readonly hint: string,
  ) {
    super(problem);
  }
}

/** Understands a command line (without the program's name). Never throws. */
export function parseArguments(argv: readonly string[]): Arguments {
  if (argv.length === 0) return { command: 'nothing' };
  try {
    const { written, positionals } = scan(argv);
    return understand(written, positionals);
  } catch (error) {
    if (error instanceof UsageError) {
      return { command: 'usage', problem: error.problem, hint: error.hint };
    }
    throw error;
  }
}

function scan(argv: readonly string[]): { written: Written; positionals: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionTypes,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const written = new Map<OptionName, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = knownOption(token.name, token.rawName);
    written.set(name, [...(written.get(name) ?? []), optionValue(name, token)]);
  }
  return { written, positionals };
}

function knownOption(name: string, rawName: string): OptionName {
  if (Object.hasOwn(optionTypes, name)) return name as OptionName;
  const similar = nearest(name, Object.keys(optionTypes));
  const hint = similar === undefined ? 'see etcd-gateway help' : `did you mean --${similar}?`;
  throw new UsageError(`unknown flag ${rawName}`, hint);
}

function optionValue(name: OptionName, { value, inlineValue: inline }: Value): string {
  if (optionTypes[name].type === 'string') {
    // The value of `--retry-delay --endpoints=a:1` has been forgotten; `=--x` is one that is meant.
    if (value === undefined || (!inline && value.startsWith('--'))) {
      throw new UsageError(`--${name} has no value`, `write --${name}=VALUE`);
    }
    return value;
  }
  if (value === undefined || /^(true|t|1)$/i.test(value)) return 'true';
  if (/^(false|f|0)$/i.test(value)) return 'false';
  throw new UsageError(`--${name}=${value} is neither true nor false`, `write --${name}`);
}

function understand(written: Written, positionals: readonly string[]): Arguments {
  const [word, ...operands] = positionals;
  if (isOn(written, 'help')) return help(word);
  if (isOn(written, 'version')) return { command: 'version' };
  if (word === undefined) {
    throw new UsageError(
      'the command is missing',
      'write etcd-gateway start, or see etcd-gateway help',
    );
  }
  const command = knownCommand(word);
  refuseForeign(command, written);
  refuseOperands(command, operands);
  return build(command, written, operands);
}

function knownCommand(word: string): CommandName {
  const command = commandNames.find((name) => name === word);
  if (command !== undefined) return command;
  const similar = nearest(word, commandNames);
  const hint =
    similar === undefined ? `commands: ${commandNames.join(', ')}` : `did you mean ${similar}?`;
  throw new UsageError(`unknown command ${word === '' ? '""' : word}`, hint);
}

function refuseForeign(command: CommandName, written: Written): void {
  for (const name of written.keys()) {
    if (name === 'help' || name === 'version' || commandOptions[command].includes(name)) continue;
    const similar = nearest(name, commandOptions[command]);
    const hint =
      similar === undefined ? `see etcd-gateway help ${command}` : `did you mean --${similar}?`;
    throw new UsageError(`${command} takes no --${name}`, hint);
  }
}

/** How many operands a command takes; `sessions close` takes any number. */
const mostOperands: Readonly<Partial<Record<CommandName, number>>> = {
  ...{ check: 1, status: 1, help: 1, drain: 1, undrain: 1, sessions: 1 },
};

function refuseOperands(command: CommandName, operands: readonly string[]): void {
  if (command === 'sessions' && operands[0] === 'close') return;
  const most = mostOperands[command] ?? 0;
  const extra = operands[most];
  if (extra === undefined) return;
  throw new UsageError(`${command} does not take "${extra}"`, `see etcd-gateway help ${command}`);
}

function build(command: CommandName, written: Written, operands: readonly string[]): Arguments {
  const [operand] = operands;
  switch (command) {
    case 'start':
      return start(written);
    case 'check':
      return { command, options: checkOf(written, operand) };
    case 'reload':
      return {
        command,
        options: { ...adminOf(written), ...(isOn(written, 'dry-run') && { dryRun: true }) },
      };
    case 'status':
      return {
        command,
        options: {
          ...adminOf(written),
          ...(operand !== undefined && { gateway: operand }),
          json: isOn(written, 'json'),
          watch: isOn(written, 'watch'),
        },
      };
    case 'events':
      return {
        command,
        options: {
          ...adminOf(written),
          follow: isOn(written, 'follow'),
          json: isOn(written, 'json'),
        },
      };
    case 'drain':
    case 'undrain':
      return { command, options: drainOf(command === 'drain', written, operand) };
    case 'sessions':
      return operand === 'close' ? closeOf(written, operands.slice(1)) : listOf(written, operand);
    case 'schema':
    case 'version':
      return { command };
    case 'help':
      return help(operand);
  }
}

function start(written: Written): Arguments {
  const config = last(written, 'config');
  const flag = etcdFlagNames.find((name) => written.has(name));
  if (config !== undefined && flag !== undefined) {
    throw new UsageError(
      `--config and --${flag} exclude each other`,
      'write everything into the file, or leave --config out',
    );
  }
  if (config === '') throw new UsageError('--config is empty', 'write --config=FILE');
  if (config === '-') {
    const problem = '--config=- is no file: start reads its file again at each reload';
    throw new UsageError(problem, 'write --config=FILE');
  }
  if (config !== undefined) return { command: 'start', config };
  return flag === undefined
    ? { command: 'start' }
    : { command: 'start', flags: etcdFlags(written) };
}

function etcdFlags(written: Written): EtcdFlags {
  const single = etcdFlagNames.filter((name) => name !== 'endpoints' && written.has(name));
  return {
    ...Object.fromEntries(single.map((name) => [name, last(written, name)])),
    endpoints: (written.get('endpoints') ?? []).flatMap((list) => list.split(',')),
  };
}

function adminOf(written: Written): AdminTarget {
  const admin = last(written, 'admin');
  if (admin !== undefined) {
    const parsed = parseListenAddress(admin, 23791);
    if (!parsed.ok) throw new UsageError(`--admin: ${parsed.problem}`, parsed.hint);
  }
  const config = last(written, 'config');
  const tokenFile = last(written, 'token-file');
  return {
    ...(admin !== undefined && { admin }),
    ...(config !== undefined && { config }),
    ...(tokenFile !== undefined && { tokenFile }),
  };
}

function checkOf(written: Written, path = defaultConfigFile): CheckOptions {
  const strict = isOn(written, 'strict');
  const target = adminOf(written);
  if (isOn(written, 'against')) return { path, strict, against: target };
  const flag = adminOptions.find((name) => written.has(name));
  if (flag === undefined) return { path, strict };
  throw new UsageError(`check takes --${flag} only with --against`, 'add --against');
}

function drainOf(draining: boolean, written: Written, endpoint = ''): DrainOptions {
  const name = draining ? 'drain' : 'undrain';
  if (!/^[^/]+\/.+/.test(endpoint)) {
    const problem = endpoint === '' ? 'the endpoint is missing' : `"${endpoint}" is no endpoint`;
    throw new UsageError(
      problem,
      `write etcd-gateway ${name} GATEWAY/ENDPOINT, as status shows them`,
    );
  }
  const timeoutMs = durationOf(written, 'timeout');
  const wait = isOn(written, 'wait') || timeoutMs !== undefined;
  return { ...adminOf(written), endpoint, draining, wait, timeoutMs };
}

function listOf(written: Written, operand: string | undefined): Arguments {
  const endpoint = operand ?? last(written, 'endpoint');
  const olderThanMs = durationOf(written, 'older-than');
  const json = isOn(written, 'json');
  return {
    command: 'sessions',
    options: { ...adminOf(written), ids: [], endpoint, olderThanMs, json },
  };
}

function closeOf(written: Written, ids: readonly string[]): Arguments {
  const wrong = ids.find((id) => !/^\d{1,15}$/.test(id));
  if (wrong !== undefined) {
    throw new UsageError(
      `"${wrong}" is no session`,
      'write the ID as etcd-gateway sessions shows it',
    );
  }
  const endpoint = last(written, 'endpoint');
  const olderThanMs = durationOf(written, 'older-than');
  if (ids.length === 0 && endpoint === undefined && olderThanMs === undefined) {
    throw new UsageError(
      'it is not said which sessions to close',
      'write their IDs, --endpoint=GATEWAY/ENDPOINT or --older-than=1h',
    );
  }
  return {
    command: 'close-sessions',
    options: { ...adminOf(written), ids, endpoint, olderThanMs },
  };
}

function durationOf(written: Written, name: OptionName): number | undefined {
  const text = last(written, name);
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new UsageError(`--${name}: ${parsed.problem}`, parsed.hint);
  return parsed.value;
}

function help(topic: string | undefined): Arguments {
  return { command: 'help', topic: topic === undefined ? undefined : knownCommand(topic) };
}

function isOn(written: Written, name: OptionName): boolean {
  return last(written, name) === 'true';
}

function last(written: Written, name: OptionName): string | undefined {
  return written.get(name)?.at(-1);
}
