import { systemClock } from '../../src/model/clock.js';
import type { Config, ConfigProblem } from '../../src/model/config.js';
import type { GatewayEvent } from '../../src/model/events.js';
import type { Clock, ConfigReading } from '../../src/model/ports.js';
import { FileSource, type ParsedFile } from '../../src/sources/file.js';
import { systemDisk } from '../../src/sources/file-disk.js';
import { configOf, gatewayConfig } from './desired.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** A file's text that parses, and tells by its name which one it is. */
export function whole(name: string): string {
  return `name: ${name}\n${'# a line that takes its time to be written\n'.repeat(20)}# end\n`;
}

/** Stands in for the parser of configurations: anything but a whole text is invalid. */
export function parseNamed(bytes: Uint8Array): ParsedFile {
  const text = Buffer.from(bytes).toString();
  const name = /^name: (.*)\n/.exec(text)?.[1];
  if (name === undefined || text !== whole(name)) return { kind: 'invalid', problems, text };
  return { kind: 'config', config: configNamed(name) };
}

export class WatchedFile {
  readonly source: FileSource;
  readonly events: readonly GatewayEvent[];
  readonly #readings: string[];

  constructor(source: FileSource, events: readonly GatewayEvent[], readings: string[]) {
    this.source = source;
    this.events = events;
    this.#readings = readings;
  }

  /** What was in force at first and at each trigger. */
  readings(): readonly string[] {
    return this.#readings;
  }

  /** Waits until `name` is what was triggered for last. */
  async seen(name: string): Promise<void> {
    await until(() => this.#readings.at(-1) === name, { what: `the reading "${name}"` });
  }

  async event(type: GatewayEvent['type'], count = 1): Promise<void> {
    const happened = (): number => this.events.filter((event) => event.type === type).length;
    await until(() => happened() >= count, { what: `the event ${type}` });
  }
}

export interface WatchOptions {
  /** Default: off, so that whatever is seen was told by the system. */
  readonly poll?: boolean;
  readonly watch?: boolean;
  readonly quietPeriodMs?: number;
  /** The wall clock. */
  readonly wallMs?: () => number;
}

/** Opens `file` and watches it until the scope ends. */
export async function watchFile(
  scope: Scope,
  file: string,
  {
    poll = false,
    watch = true,
    quietPeriodMs = 50,
    wallMs = () => systemClock.wallMs(),
  }: WatchOptions = {},
): Promise<WatchedFile> {
  const events: GatewayEvent[] = [];
  const readings: string[] = [];
  const source = await FileSource.open({
    file,
    parse: parseNamed,
    disk: systemDisk,
    clock: { ...(poll ? systemClock : withoutPoll), wallMs },
    observer: (event) => events.push(event),
    trigger: () => readings.push(nameOf(source.latest())),
  });
  scope.defer(() => source.close());
  readings.push(nameOf(source.latest()));
  source.configure({ watch, quietPeriodMs });
  return new WatchedFile(source, events, readings);
}

/** A short name for a reading: `one`, `invalid: TEXT`, `missing`. */
export function nameOf(reading: ConfigReading): string {
  if (reading.kind === 'config') return reading.config.gateways[0]?.name ?? '';
  return reading.kind === 'invalid' ? `invalid: ${reading.text}` : 'missing';
}

/** The system's clock, on which the poll's time never comes. */
const withoutPoll: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) =>
    delayMs === 2_000 ? { cancel: () => undefined } : systemClock.setTimer(delayMs, callback),
};

const problems: readonly ConfigProblem[] = [
  { line: 1, column: 1, path: '', what: 'it is not whole', hint: '' },
];

function configNamed(name: string): Config {
  return configOf(gatewayConfig({ name }));
}
